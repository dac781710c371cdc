package dev.gradine.peft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.nn.Adapters;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.Pass;
import dev.gradine.nn.Policy;
import dev.gradine.nn.TokenBatch;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Sequences of one batch with adapters of their own: each gives what it gives alone, and its gradient.
class RowAdaptersTest {

    private static final int VOCAB = 37;
    private static final List<int[]> SEQUENCES = List.of(
            Cases.indices(1, 9, VOCAB),
            Cases.indices(2, 6, VOCAB),
            Cases.indices(3, 23, VOCAB),
            Cases.indices(4, 9, VOCAB),
            Cases.indices(5, 7, VOCAB));

    private final Kernels run = CpuKernels.open();

    // whole vectors: the values behind the last whole vector of a tensor are rounded in another way than the others
    private final CausalLm model = TinyModel.of(run, false, 2, 144, 144);

    @AfterEach
    void close() {
        run.close();
    }

    private AdapterSet moved(Method method, String targets, int seed) {
        AdapterSet set = AdapterSet.fresh(model, method, Selection.of(targets), run, new SplittableRandom(seed));
        TinyModel.perturb(set, run, seed);
        return set;
    }

    private float[] logits(Adapters adapters, List<int[]> sequences) {
        return TinyModel.logits(new Policy(model, adapters), run, sequences);
    }

    private static List<float[]> cut(float[] logits, List<int[]> sequences) {
        List<float[]> all = new ArrayList<>();
        int at = 0;
        for (int[] s : sequences) all.add(Arrays.copyOfRange(logits, at, at += s.length * VOCAB));
        return all;
    }

    private void requireEachAsAlone(List<Adapters> each) {
        List<float[]> got = cut(logits(RowAdapters.of(each), SEQUENCES), SEQUENCES);
        for (int s = 0; s < each.size(); s++) {
            assertThat(got.get(s)).isEqualTo(logits(each.get(s), List.of(SEQUENCES.get(s))));
        }
    }

    static Stream<Method> methods() {
        return MethodExamples.all();
    }

    /// Methods of which rows cannot have one each are refused by name.
    @ParameterizedTest
    @MethodSource("methods")
    void each_sequence_gives_the_bits_it_gives_alone(Method method) {
        AdapterSet a = moved(method, "model.*", 100);
        AdapterSet b = moved(method, "model.*", 300);
        List<Adapters> each = List.of(a, Adapters.NONE, b, a, b);
        if (a.virtualTokens() > 0 || !a.copies().isEmpty() || !a.areCausal()) {
            assertThatThrownBy(() -> RowAdapters.of(each)).hasMessageContaining(method.name());
            return;
        }
        requireEachAsAlone(each);
        assertThat(logits(a, List.of(SEQUENCES.getFirst()))).isNotEqualTo(logits(b, List.of(SEQUENCES.getFirst())));
    }

    @Test
    void dora_lora_and_others_that_cut_their_sequences_out_share_a_batch() {
        AdapterSet dora = moved(new Dora(Lora.of(4, 8)), "all-linear", 100);
        AdapterSet other = moved(new Dora(Lora.of(3, 8)), "q_proj,down_proj", 300);
        AdapterSet lora = moved(Lora.of(9, 4), "all-linear", 500);
        AdapterSet ia3 = moved(new Ia3(new Targets.Suffixes(List.of("down_proj"))), "k_proj,v_proj,down_proj", 700);
        requireEachAsAlone(List.of(dora, lora, Adapters.NONE, other, dora));
        requireEachAsAlone(List.of(lora, ia3, dora, ia3, other));
        requireEachAsAlone(List.of(ia3, Adapters.NONE, ia3, dora, dora));
    }

    @Test
    void other_methods_other_places_and_several_at_once_share_a_batch() {
        AdapterSet lora = moved(Lora.of(4, 8), "q_proj,down_proj", 100);
        AdapterSet wide = moved(Lora.of(9, 4), "all-linear", 300);
        AdapterSet dora = moved(new Dora(Lora.of(2, 8)), "v_proj,down_proj", 500);
        requireEachAsAlone(List.of(lora, wide, Adapters.NONE, wide, lora));
        requireEachAsAlone(List.of(lora, dora, Adapters.NONE, TogetherAdapters.of(List.of(lora, dora)), lora));
        requireEachAsAlone(List.of(lora, wide, Adapters.NONE, TogetherAdapters.of(List.of(lora, wide)), lora));
    }

    @Test
    void a_copy_of_the_head_belongs_to_its_sequence() {
        Selection head = new Selection(
                Targets.parse("q_proj"), new Targets.None(), List.of(), List.of(), List.of("lm_head"), Beside.NOTHING);
        AdapterSet a = AdapterSet.fresh(model, Lora.of(4, 8), head, run, new SplittableRandom(1));
        TinyModel.perturb(a, run, 100);
        requireEachAsAlone(List.of(a, Adapters.NONE, a, Adapters.NONE, Adapters.NONE));
    }

    @Test
    void a_sequence_does_not_depend_on_its_neighbours() {
        AdapterSet a = moved(Lora.of(4, 8), "all-linear", 100);
        AdapterSet b = moved(Lora.of(8, 8), "all-linear", 300);
        float[] before = cut(logits(RowAdapters.of(List.of(a, b, a, b, b)), SEQUENCES), SEQUENCES)
                .get(1);
        List<int[]> others = new ArrayList<>(SEQUENCES.reversed());
        others.set(1, SEQUENCES.get(1));
        Adapters mixed = RowAdapters.of(List.of(b, b, b, Adapters.NONE, a));
        assertThat(cut(logits(mixed, others), others).get(1)).isEqualTo(before);
        assertThat(cut(logits(b, others), others).get(1)).isEqualTo(before);
    }

    /// The loss is a sum over rows, so that what an adapter learns is what it learns from its sequences alone.
    @ParameterizedTest
    @MethodSource("learners")
    void each_adapter_gets_the_gradient_of_its_sequences(Method of, Method beside) {
        AdapterSet a = moved(of, "all-linear", 100);
        AdapterSet b = moved(beside, "all-linear", 300);
        List<float[]> alone = gradients(a, a, List.of(SEQUENCES.get(0), SEQUENCES.get(3)));
        Adapters mixed = RowAdapters.of(List.of(a, b, Adapters.NONE, a, b));
        List<float[]> got = gradients(a, mixed, SEQUENCES);
        for (int i = 0; i < alone.size(); i++) {
            double[] expected = Cases.doubles(alone.get(i));
            double largest = Arrays.stream(expected).map(Math::abs).max().orElse(0);
            Teeth.bite(got.get(i), g -> Tolerance.gradient(largest).check("gradient", g, expected));
        }
    }

    static Stream<Arguments> learners() {
        Method lora = Lora.of(4, 8);
        Method dora = new Dora(Lora.of(4, 8));
        Method ia3 = new Ia3(new Targets.Suffixes(List.of("down_proj")));
        return Stream.of(
                Arguments.of(lora, lora), Arguments.of(dora, lora), Arguments.of(lora, dora), Arguments.of(dora, ia3));
    }

    private List<float[]> gradients(AdapterSet of, Adapters adapters, List<int[]> sequences) {
        of.params().forEach(p -> run.elementwise().fill(p.grad(), 0));
        try (Kernels k = run.openStep()) {
            Pass pass = Pass.of(Tape.recording(k), TokenBatch.of(sequences)).with(adapters);
            Var z = model.head().logits(model.hidden(pass), pass);
            List<float[]> dy = new ArrayList<>();
            for (int[] s : sequences) dy.add(Cases.plain(s[0], s.length * VOCAB, 1));
            float[] all = new float[z.value().size()];
            int at = 0;
            for (float[] part : dy) {
                System.arraycopy(part, 0, all, at, part.length);
                at += part.length;
            }
            z.tape().backward(z, k.of(z.shape(), all));
        }
        return of.params().stream().map(p -> run.download(p.grad())).toList();
    }

    @Test
    void the_same_for_all_is_itself_and_others_need_one_each() {
        AdapterSet a = moved(Lora.of(4, 8), "q_proj", 100);
        assertThat(RowAdapters.of(List.of(a, a, a))).isSameAs(a);
        assertThatThrownBy(() -> logits(RowAdapters.of(List.of(a, Adapters.NONE)), SEQUENCES))
                .isInstanceOf(AdapterException.class)
                .hasMessage("adapters: 2 for a batch of 5 sequences, expected one for each");
    }

    @Test
    void what_changes_all_rows_is_refused() {
        AdapterSet prompt = moved(PromptTuning.defaults(), ".*", 100);
        assertThatThrownBy(() -> RowAdapters.of(List.of(prompt, Adapters.NONE)))
                .hasMessage(
                        "adapters: prompt-tuning puts tokens before a sequence, which cannot differ from row to row;"
                                + " expected it for every row or for none");
        Selection norm = new Selection(
                Targets.parse("q_proj"),
                new Targets.None(),
                List.of(),
                List.of(),
                List.of("model.norm"),
                Beside.NOTHING);
        AdapterSet a = AdapterSet.fresh(model, Lora.of(4, 8), norm, run, new SplittableRandom(1));
        assertThatThrownBy(() -> RowAdapters.of(List.of(a, Adapters.NONE)))
                .hasMessage("adapters: lora changes model.norm.weight, which all rows have in common;"
                        + " expected it for every row or for none");
    }
}
