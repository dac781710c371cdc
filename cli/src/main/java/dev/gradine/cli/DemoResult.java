package dev.gradine.cli;

import dev.gradine.cli.demo.MergeCheck;
import dev.gradine.cli.demo.Meter;
import dev.gradine.cli.demo.Scores;
import dev.gradine.nn.Policy;
import dev.gradine.peft.AdapterFolder;
import dev.gradine.peft.AdapterSet;
import dev.gradine.tensor.Device;
import java.nio.file.Path;
import java.util.List;

/// What a demo came to.
///
/// @param states scores of the model as it was, after fine-tuning, and merged after preference optimisation
/// @param pairs how many held-out pairs the scores are about
/// @param trained values of the adapter
/// @param merge the merged model beside the adapted one
record DemoResult(List<Scores> states, int pairs, long trained, MergeCheck merge) {

    /// Measures what a demo left in its folder.
    static DemoResult measure(Demo.Plan plan, Path out, long seed, Device device) {
        DemoRows rows = new DemoRows(out);
        try (LoadedModel base = new LoadedModel(out.resolve("model"), device::open);
                LoadedModel merged = new LoadedModel(out.resolve("merged"), device::open)) {
            Meter meter = rows.meter(base, plan.held(), DemoRows.seeds(seed, 2));
            Policy plain = Policy.of(base.model());
            AdapterSet sft = AdapterFolder.load(out.resolve("sft"), base.model(), base.run());
            Policy tunedPolicy = new Policy(base.model(), sft);
            double[] reference = meter.margins(DemoRows.teller(base, tunedPolicy));
            Scores tuned = meter.of(DemoRows.teller(base, tunedPolicy), reference);
            Scores before = meter.of(DemoRows.teller(base, plain), reference);
            Scores after = meter.of(DemoRows.teller(merged, Policy.of(merged.model())), reference);
            AdapterSet dpo = AdapterFolder.load(out.resolve("dpo"), base.model(), base.run());
            int[] ids = meter.whole().getFirst().ids();
            MergeCheck check = MergeCheck.of(
                    MergeCheck.logits(new Policy(base.model(), dpo), base.run(), ids),
                    MergeCheck.logits(Policy.of(merged.model()), merged.run(), ids),
                    base.model());
            return new DemoResult(List.of(before, tuned, after), meter.pairs().size(), sft.trainedValues(), check);
        }
    }
}
