package dev.gradine.lab.adapters;

import dev.gradine.lab.About;
import dev.gradine.lab.Expectation;
import dev.gradine.lab.Experiment;
import dev.gradine.lab.Table;
import dev.gradine.lab.Trial;
import dev.gradine.lab.base.Score;
import dev.gradine.lab.base.Stories;
import dev.gradine.nn.Linear;
import dev.gradine.nn.Policy;
import dev.gradine.nn.Quantization;
import dev.gradine.peft.AdapterSet;
import dev.gradine.peft.Lora;
import dev.gradine.peft.LoraInit;
import dev.gradine.peft.Merge;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;
import java.util.List;

/// How much of the error of four bits is there before the first step.
///
/// ```
/// error = ‖W − (Q + s B A)‖ / ‖W‖        over the linear weights
/// ```
///
/// QLoRA begins with B A = 0. LoftQ puts the best correction of W − Q into B A. QPiSSA quantises W without
/// its principal part, which is B A.
public record QuantisedStart() implements Experiment {

    private static final List<String> BEGINNINGS = List.of("qlora", "loftq", "loftq, 5 rounds", "qpissa");
    private static final Quantization NF4 = new Quantization(DType.NF4, 64, false, List.of());

    @Override
    public About about() {
        return new About(
                "start4",
                "LoftQ and QPiSSA begin nearer to the full weights than QLoRA does.",
                "Li et al. 2023, LoftQ (arXiv:2310.08659), section 3; Meng et al. 2024, PiSSA (arXiv:2404.02948),"
                        + " where it is QPiSSA",
                "Story model over NF4 in blocks of 64, adapters of ranks 4 and 16 on all linear layers, before the"
                        + " first step; loss on whole stories. Nothing here is random but the factor A of QLoRA, which"
                        + " is multiplied by zero.");
    }

    @Override
    public List<Expectation> expected() {
        return List.of(
                Expectation.falling("error, rank 4", "qlora", "loftq"),
                Expectation.falling("error, rank 4", "qlora", "qpissa"),
                Expectation.falling("error, rank 16", "qlora", "loftq"),
                Expectation.falling("error, rank 16", "qlora", "qpissa"),
                Expectation.falling("loss on stories, rank 16", "qlora", "loftq"),
                Expectation.falling("loss on stories, rank 16", "qlora", "qpissa"));
    }

    private static LoraInit init(String beginning) {
        return LoraInit.parse(
                switch (beginning) {
                    case "loftq" -> "loftq";
                    case "loftq, 5 rounds" -> "loftq_iter_5";
                    case "qpissa" -> "pissa";
                    default -> "true";
                });
    }

    @Override
    public Table measure(Trial trial) {
        Table table = new Table("beginning");
        try (Stories stories = Stories.open(trial, NF4)) {
            for (String beginning : BEGINNINGS) {
                for (int rank : List.of(4, 16)) {
                    Lora lora = new Lora(
                            rank, rank, 0, false, Lora.Patterns.none(), new Lora.Details(false, init(beginning)));
                    AdapterSet adapted = stories.adapted(lora, trial.random(rank));
                    table.put(beginning, "error, rank " + rank, error(stories, adapted, trial.run()));
                    Policy policy = new Policy(stories.model(), adapted);
                    double loss = Score.of(policy, stories.wholeStories(), trial.run())
                            .loss();
                    table.put(beginning, "loss on stories, rank " + rank, loss);
                }
            }
        }
        return table;
    }

    private static double error(Stories stories, AdapterSet adapted, Kernels run) {
        Difference sum = Difference.NONE;
        for (Linear l : stories.model().linears()) {
            if (!Merge.changes(adapted, l.weight())) continue;
            try (Kernels k = run.openStep()) {
                Tensor w = stories.opened().original(l.weight(), k);
                sum = sum.plus(Difference.of(w, Merge.merged(adapted, l.weight(), k), k));
            }
        }
        return sum.share();
    }
}
