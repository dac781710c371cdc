package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.gradine.align.Dpo;
import dev.gradine.autograd.Tape;
import dev.gradine.data.encode.LabelledTokens;
import dev.gradine.data.encode.Pair;
import dev.gradine.nn.Policy;
import dev.gradine.optim.Step;
import dev.gradine.peft.AdapterSet;
import dev.gradine.peft.Lora;
import dev.gradine.peft.Selection;
import dev.gradine.tensor.Kernels;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import dev.gradine.train.Learner;
import dev.gradine.train.PolicyObjective;
import dev.gradine.train.ReferenceLogProbs;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What `dpo` computes once: the prompt of a pair, and the layers that policy and reference have in common.
class ReadOnceTest {

    @TempDir
    private Path temp = Path.of("");

    @BeforeEach
    void prepare() {
        TinyModel.write(temp.resolve("model"));
        TinyModel.pairs(temp.resolve("pairs.jsonl"), 8);
    }

    private List<Map<String, Object>> dpo(String out, Object... more) {
        List<Object> all = new ArrayList<>(List.of("dpo", "--model", temp.resolve("model"), "--samples", 0));
        all.addAll(List.of("--out", temp.resolve(out), "--steps", 4, "--batch", 4, "--rank", 4, "--lr", 0.01));
        all.addAll(List.of("--data", temp.resolve("pairs.jsonl")));
        all.addAll(List.of(more));
        Cli.run(all.toArray()).ok();
        return Values.timeless(temp.resolve(out));
    }

    /// Sums of 30 log-probabilities of about 5 nats, and what is made of them, in two orders of rounding.
    private void requireSameRun(String a, List<Map<String, Object>> one, String b, List<Map<String, Object>> other) {
        assertThat(other).hasSameSizeAs(one).isNotEmpty();
        for (int i = 0; i < one.size(); i++) {
            assertThat(other.get(i).keySet()).isEqualTo(one.get(i).keySet());
            for (String name : one.get(i).keySet()) {
                double expected = Values.number(one.get(i), name);
                assertThat(Values.number(other.get(i), name))
                        .as(name)
                        .isCloseTo(expected, within(1e-4 * Math.max(1, Math.abs(expected))));
            }
            assertThat(other.get(i).get("num_tokens")).isEqualTo(one.get(i).get("num_tokens"));
        }
        Map<String, float[]> want = adapter(a);
        adapter(b)
                .forEach((name, values) -> Teeth.bite(
                        values,
                        v -> Tolerance.trained()
                                .check(name, v, Values.doubles(want.getOrDefault(name, new float[0])))));
    }

    private Map<String, float[]> adapter(String out) {
        return Values.floats(temp.resolve(out).resolve("adapter_model.safetensors"));
    }

    @Test
    void a_prompt_read_once_gives_the_run_of_one_read_twice() {
        requireSameRun("repeated", dpo("repeated", "--no-shared-prompt"), "shared", dpo("shared"));
    }

    @Test
    void layers_computed_once_give_the_run_of_a_reference_computed_apart() {
        var shared = dpo("shared", "--layers", 1);
        requireSameRun("shared", shared, "apart", dpo("apart", "--layers", 1, "--precompute-reference"));
        assertThat(Values.number(shared.getFirst(), "loss")).isCloseTo(Math.log(2), within(1e-7));
    }

    /// Attention runs once a block: of the first of two blocks once for policy and reference, of the second for each.
    @Test
    void blocks_below_the_first_adapter_run_once_a_step() {
        assertThat(attentions(".*layers\\.1\\..*")).isEqualTo(3);
        assertThat(attentions(".*layers\\.0\\..*")).isEqualTo(4);
    }

    private int attentions(String targets) {
        AtomicInteger calls = new AtomicInteger();
        try (LoadedModel m = new LoadedModel(temp.resolve("model"))) {
            AdapterSet adapted =
                    AdapterSet.fresh(m.model(), Lora.of(4, 8), Selection.of(targets), m.run(), new SplittableRandom(1));
            Learner learner = new Learner(new Policy(m.model(), adapted), false);
            ReferenceLogProbs off = ReferenceLogProbs.of(Policy.of(m.model()));
            var objective = new PolicyObjective<>(new Dpo(0.1f), learner, off, true);
            try (Kernels k = counting(m.run().openStep(), calls)) {
                objective.forward(Step.training(Tape.recording(k), 1), List.of(pair()), 1);
            }
        }
        return calls.get();
    }

    /// The same kernels, and the steps opened in them, counting how often attention is asked for.
    private static Kernels counting(Kernels k, AtomicInteger calls) {
        return (Kernels) Proxy.newProxyInstance(
                Kernels.class.getClassLoader(), new Class<?>[] {Kernels.class}, (_, method, args) -> {
                    if (method.getName().equals("attention")) calls.incrementAndGet();
                    Object result = method.invoke(k, args);
                    return method.getName().equals("openStep") ? counting((Kernels) result, calls) : result;
                });
    }

    private static Pair pair() {
        int[] chosen = IntStream.range(0, 20).toArray();
        int[] rejected = IntStream.range(0, 15).toArray();
        rejected[14] = 99;
        return new Pair(LabelledTokens.completion(chosen, 9), LabelledTokens.completion(rejected, 9));
    }
}
