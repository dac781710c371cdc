package dev.gradine.cli;

import dev.gradine.cli.demo.Meter;
import dev.gradine.cli.demo.Storyteller;
import dev.gradine.data.DataSet;
import dev.gradine.data.Passage;
import dev.gradine.data.Row;
import dev.gradine.data.encode.LabelledTokens;
import dev.gradine.data.encode.LossMask;
import dev.gradine.data.encode.Pair;
import dev.gradine.data.encode.PreferenceEncoder;
import dev.gradine.data.encode.SftEncoder;
import dev.gradine.data.encode.TextCodec;
import dev.gradine.nn.Policy;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// The data of one demo folder, read as the training commands read theirs.
///
/// @param folder of the demo
record DemoRows(Path folder) {

    static final String TRAIN = "data/train.jsonl";
    static final String HELD = "data/held.jsonl";
    static final String PAIRS = "data/pairs.jsonl";
    static final String HELD_PAIRS = "data/held-pairs.jsonl";
    private static final String WHOLE = "data/whole.jsonl";

    private static final int RANGE = 1 << 20; // more stories than a demo tells

    /// First seed of a range for stories: no two ranges share a seed.
    ///
    /// @param seed of the demo
    /// @param range 0 to 2
    static long seeds(long seed, int range) {
        return (3 * seed + range) * RANGE;
    }

    /// Tells stories by `policy`, which acts with the model opened as `m`.
    static Storyteller teller(LoadedModel m, Policy policy) {
        TextCodec codec = m.codecFor(false);
        return new Storyteller(policy, m.run(), codec.tokenizer(), m.ends(codec));
    }

    private DataSet read(String name) {
        try {
            return DataSet.read(folder.resolve(name));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// The prompts of the first `count` rows.
    List<String> prompts(String name, int count) {
        List<String> prompts = new ArrayList<>();
        for (Row row : read(name).first(count).rows()) {
            if (row instanceof Row.Completion c && c.prompt() instanceof Passage.Text t) prompts.add(t.text());
        }
        return prompts;
    }

    /// What is measured on: the first `held` rows of each file that nothing was trained on.
    Meter meter(LoadedModel m, int held, long seed) {
        TextCodec codec = m.codecFor(false);
        int longest = m.model().maxPositions();
        List<LabelledTokens> endings = new SftEncoder(codec, LossMask.COMPLETION, longest)
                .encode(read(HELD).first(held))
                .examples();
        List<Pair> pairs =
                new PreferenceEncoder(codec, longest).encode(read(HELD_PAIRS)).examples();
        List<LabelledTokens> whole = new ArrayList<>();
        for (Row row : read(WHOLE).first(held).rows()) {
            if (!(row instanceof Row.Text t)) continue;
            int[] ids = codec.tokenizer().encode(t.text(), true);
            whole.add(LabelledTokens.completion(Arrays.copyOf(ids, Math.min(longest, ids.length)), 0));
        }
        return new Meter(endings, pairs, whole, prompts(HELD, held), seed);
    }
}
