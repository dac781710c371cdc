package dev.gradine.peft;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.nn.Adapters;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.generate.ContinuousBatch;
import dev.gradine.nn.generate.ContinuousBatch.Room;
import dev.gradine.nn.generate.DrawnToken;
import dev.gradine.nn.generate.LogitChanges;
import dev.gradine.nn.generate.Mixing;
import dev.gradine.nn.generate.Writing;
import dev.gradine.nn.generate.WritingRule;
import dev.gradine.nn.generate.WritingRule.Reports;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.tensor.kernel.SamplingParams;
import dev.gradine.testkit.Cases;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Texts of many adapters that are written in one batch.
class MixedGenerationTest {

    private static final WritingRule RULE = new WritingRule(
            new SamplingParams(0.9, 0, 1), LogitChanges.NONE, 12, _ -> false, new Reports(true, 1, false));

    private final Kernels run = CpuKernels.open();
    private final CausalLm model = TinyModel.of(run, false);

    @AfterEach
    void close() {
        run.close();
    }

    private AdapterSet moved(Method method, String targets, int seed) {
        AdapterSet set = AdapterSet.fresh(model, method, Selection.of(targets), run, new SplittableRandom(seed));
        TinyModel.perturb(set, run, seed);
        return set;
    }

    private static int[] prompt(int number) {
        return IntStream.range(0, 3 + number)
                .map(i -> (5 * number + 3 * i) % 20)
                .toArray();
    }

    private static Writing writing(int number, Adapters adapters, List<DrawnToken> to) {
        return new Writing(prompt(number), adapters, RULE, List.of(new SplittableRandom(number)), (_, token) -> {
            to.add(token);
            return true;
        });
    }

    private List<List<DrawnToken>> written(List<? extends Adapters> each, Mixing mixing) {
        List<List<DrawnToken>> all = new ArrayList<>();
        try (var batch = new ContinuousBatch(model, run, new Room(2000, 30, 100), mixing)) {
            for (int i = 0; i < each.size(); i++) {
                all.add(new ArrayList<>());
                batch.add(writing(i, each.get(i), all.get(i)));
            }
            batch.finish();
        }
        return all;
    }

    /// Ranks, layers, methods and the head differ; texts of one adapter are not beside each other.
    @Test
    void each_text_is_the_same_to_the_last_bit_as_alone() {
        AdapterSet a = moved(Lora.of(4, 8), "q_proj,down_proj", 1);
        AdapterSet b = moved(Lora.of(2, 8), "q_proj,v_proj,lm_head", 2);
        AdapterSet c = moved(new Ia3(new Targets.Suffixes(List.of("down_proj"))), "k_proj,v_proj,down_proj", 3);
        Adapters both = TogetherAdapters.of(List.of(a, b));
        List<Adapters> each = List.of(a, Adapters.NONE, b, a, c, both, Adapters.NONE, c, b);
        List<List<DrawnToken>> together = written(each, RowAdapters::of);
        for (int i = 0; i < each.size(); i++) {
            List<DrawnToken> alone = new ArrayList<>();
            try (var batch = new ContinuousBatch(model, run, new Room(100, 1, 100), Mixing.NONE)) {
                batch.add(writing(i, each.get(i), alone));
                batch.finish();
            }
            assertThat(together.get(i)).as("text %d", i).isEqualTo(alone).hasSize(12);
        }
        assertThat(together.get(0)).isNotEqualTo(together.get(1));
    }

    /// Texts of one token, which is drawn behind the prompt: nothing but prompts is read. Some end within a page, some
    /// have several pieces; pieces of fewer than five tokens are read alone.
    @Test
    void prompts_of_different_adapters_are_read_in_one_pass_with_the_bits_of_each_alone() {
        AdapterSet a = moved(Lora.of(4, 8), "q_proj,down_proj", 1);
        AdapterSet b = moved(Lora.of(9, 8), "q_proj,v_proj,lm_head", 2);
        AdapterSet c = moved(new Dora(Lora.of(2, 8)), "k_proj,v_proj,down_proj", 3);
        Adapters both = TogetherAdapters.of(List.of(a, b));
        List<Adapters> each = List.of(a, Adapters.NONE, b, c, both, a, both, c, Adapters.NONE, b);
        int[] lengths = {20, 96, 5, 60, 33, 291, 100, 8, 7, 300};
        List<Integer> sequences = new ArrayList<>();
        Mixing counting = of -> {
            sequences.add(new HashSet<>(of).size());
            return RowAdapters.of(of);
        };
        List<List<DrawnToken>> together = firstTokens(each, lengths, counting);
        assertThat(sequences)
                .as("different adapters of a pass")
                .startsWith(5, 5)
                .hasSizeLessThan(10);
        for (int i = 0; i < lengths.length; i++) {
            int[] length = {lengths[i]};
            assertThat(together.get(i))
                    .as("text %d", i)
                    .isEqualTo(firstTokens(List.of(each.get(i)), length, Mixing.NONE)
                            .getFirst())
                    .isNotEmpty();
        }
    }

    /// With the bits of each prompt token's log-probability.
    private List<List<DrawnToken>> firstTokens(List<Adapters> each, int[] lengths, Mixing mixing) {
        var rule = new WritingRule(
                new SamplingParams(0.9, 0, 1), LogitChanges.NONE, 1, _ -> false, new Reports(true, 2, true));
        List<List<DrawnToken>> all = new ArrayList<>();
        try (var batch = new ContinuousBatch(model, run, new Room(4000, 30, 2000), mixing)) {
            for (int i = 0; i < lengths.length; i++) {
                List<DrawnToken> told = new ArrayList<>();
                int[] prompt = Cases.indices(lengths[i], lengths[i], 20);
                batch.add(new Writing(prompt, each.get(i), rule, List.of(new SplittableRandom(1)), listener(told)));
                all.add(told);
            }
            batch.finish();
        }
        return all;
    }

    private static Writing.Listener listener(List<DrawnToken> told) {
        return new Writing.Listener() {
            @Override
            public void prompt(List<DrawnToken> tokens) {
                told.addAll(tokens);
            }

            @Override
            public boolean token(int draw, DrawnToken token) {
                told.add(token);
                return true;
            }
        };
    }
}
