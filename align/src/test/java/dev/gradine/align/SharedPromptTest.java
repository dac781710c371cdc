package dev.gradine.align;

import static dev.gradine.autograd.op.Mean.mean;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.autograd.Param;
import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.data.encode.LabelledTokens;
import dev.gradine.data.encode.Pair;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.Pass;
import dev.gradine.nn.Policy;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.tensor.kernel.AttentionKernel;
import dev.gradine.tensor.kernel.Sequences;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Preference pairs read together against the same sequences read one by one: log-probabilities, loss, and the gradient
/// of every weight.
class SharedPromptTest {

    private static final List<Pair> PAIRS =
            List.of(pair(0, 19, 8, 5), pair(1, 1, 3, 7), pair(2, 0, 4, 4), pair(3, 5, 20, 0));

    /// Nats a token, as good as any.
    private static float[] reference(int tokens) {
        float[] r = new float[tokens];
        for (int t = 0; t < tokens; t++) r[t] = -1 - t % 7 / 2f;
        return r;
    }

    private final Kernels run = CpuKernels.open();
    private final CausalLm model = TinyModel.of(run);
    private final TinyModel.Trained trained = TinyModel.train(model, run);
    private final Policy policy = new Policy(model, trained);
    private final List<Param> params = trained.params();

    @AfterEach
    void close() {
        run.close();
    }

    /// A prompt, a token that both answers begin with, and the rest of each.
    private static Pair pair(int seed, int prompt, int chosen, int rejected) {
        SplittableRandom rng = new SplittableRandom(seed);
        int[] common = rng.ints(prompt + 1, 0, 37).toArray();
        return new Pair(answer(common, prompt, chosen, 10 + seed), answer(common, prompt, rejected, 20 + seed));
    }

    private static LabelledTokens answer(int[] common, int prompt, int rest, long seed) {
        int[] ids = Arrays.copyOf(common, common.length + rest);
        SplittableRandom rng = new SplittableRandom(seed);
        for (int i = common.length; i < ids.length; i++) ids[i] = rng.nextInt(37);
        return LabelledTokens.completion(ids, prompt);
    }

    /// What a way of reading gives, and how far it may be from another one, by name; then the gradients.
    private record Result(Map<String, float[]> values, List<float[]> grads) {

        void check(Result want) {
            want.values().forEach((name, expected) -> {
                Tolerance t = Tolerance.loss().times(name.startsWith("summed") ? 20 : 2); // sums of 20 tokens
                float[] got = values.getOrDefault(name, new float[0]);
                Teeth.bite(got, g -> t.check(name, g, Cases.doubles(expected)));
            });
        }
    }

    private Result result(Kernels on, Function<Tape, TokenLogProbs> read) {
        params.forEach(p -> run.elementwise().fill(p.grad(), 0));
        Tape tape = Tape.recording(on);
        TokenLogProbs lp = read.apply(tape);
        Var loss = new Dpo(0.3f).loss(Scored.of(PAIRS, packed(true), lp, reference(lp.count())));
        Map<String, float[]> values = new LinkedHashMap<>();
        values.put("log-probability", on.download(lp.values().value()));
        values.put("entropy", on.download(lp.stats().entropy()));
        values.put("mean logit", on.download(lp.stats().meanLogit()));
        values.put("summed log-probability", on.download(lp.sums().value()));
        values.put("summed loss", on.download(loss.value()));
        tape.backward(mean(loss));
        return new Result(
                values, params.stream().map(p -> run.download(p.grad())).toList());
    }

    private Result oneByOne() {
        try (Kernels k = run.openStep()) {
            List<LabelledTokens> all = new ArrayList<>();
            for (Pair p : PAIRS) all.add(p.chosen());
            for (Pair p : PAIRS) all.add(p.rejected());
            return result(k, tape -> TokenLogProbs.of(tape, policy, all));
        }
    }

    private static Packed packed(boolean shareBeginnings) {
        return Packed.of(
                PAIRS.stream().map(p -> List.of(p.chosen(), p.rejected())).toList(), shareBeginnings);
    }

    private Result together(Kernels k, boolean shareBeginnings) {
        Packed packed = packed(shareBeginnings);
        return result(k, tape -> {
            Pass pass = policy.pass(tape, packed.tokens());
            return TokenLogProbs.of(model, pass, model.hidden(pass), packed);
        });
    }

    private void checkGradients(List<float[]> got, List<float[]> want) {
        for (int i = 0; i < got.size(); i++) {
            double[] expected = Cases.doubles(want.get(i));
            double largest = 0;
            for (double e : expected) largest = Math.max(largest, Math.abs(e));
            Tolerance.gradient(largest).check(params.get(i).name(), got.get(i), expected);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void a_pair_read_together_learns_what_its_sequences_teach(boolean shareBeginnings) {
        Result want = oneByOne();
        try (Kernels k = run.openStep()) {
            Result got = together(k, shareBeginnings);
            got.check(want);
            checkGradients(got.grads(), want.grads());
        }
    }

    @Test
    void a_gradient_one_percent_off_would_show() {
        Result want = oneByOne();
        for (int i = 0; i < params.size(); i++) {
            List<float[]> wrong = new ArrayList<>(want.grads());
            float[] g = wrong.get(i).clone();
            for (int j = 0; j < g.length; j++) g[j] *= 1.01f;
            wrong.set(i, g);
            assertThatThrownBy(() -> checkGradients(wrong, want.grads())).isInstanceOf(AssertionError.class);
        }
    }

    /// A backward pass in which the answers do not reach the keys and values of their prompt.
    @Test
    void answers_that_teach_their_prompt_nothing_would_show() {
        Result want = oneByOne();
        try (Kernels k = run.openStep()) {
            Result got = together(forgettingParents(Kernels.class, k), true);
            got.check(want);
            assertThatThrownBy(() -> checkGradients(got.grads(), want.grads())).isInstanceOf(AssertionError.class);
        }
    }

    /// `real`, but for the backward pass of attention, which takes every sequence for one without parent.
    private static <T> T forgettingParents(Class<T> type, T real) {
        InvocationHandler calls = (_, method, args) -> {
            if (method.getName().equals("backward")) {
                for (int i = 0; i < args.length; i++) if (args[i] instanceof Sequences s) args[i] = apart(s);
            }
            Object result = method.invoke(real, args);
            return result instanceof AttentionKernel a ? forgettingParents(AttentionKernel.class, a) : result;
        };
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, calls));
    }

    private static Sequences apart(Sequences s) {
        return Sequences.packed(
                IntStream.rangeClosed(0, s.count()).map(s::queryStart).toArray());
    }
}
