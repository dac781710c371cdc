package dev.gradine.align;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.gradine.align.GivenBatch.Result;
import dev.gradine.optim.Metric;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.FiniteDifference;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/// What holds for every recipe, and what holds for those that promise it. The test of a recipe implements this.
///
/// Log-probabilities are given, between −2 and 0 a token, so that the formula alone is tried. Sequences lie one behind
/// the other, so there is no padding whose length could change anything. What holds of whole steps, however they are
/// cut, packed and computed, is tried by `EveryObjectiveTest` of the commands.
interface RecipeContract<E> {

    /// What only some recipes do, and why the others do not.
    enum Promise {
        /// The first sequence of an example is learnt: what makes it likelier costs less.
        LEARNS_THE_FIRST("an answer is learnt or unlearnt by what it is worth, or up to a bound"),
        /// The second is unlearnt.
        UNLEARNS_THE_SECOND("there is no second that is worse, or it is held back up to a bound"),
        /// What a token of the first gains, one of the second loses: their gradients are opposite.
        IS_SYMMETRIC("length, cross entropy or labels tell the two apart, or there are no two"),
        /// The losses of an example do not depend on its neighbours.
        KEEPS_TO_ITSELF("a mean over the batch is a part of each loss: of its tokens, of rewards or of an anchor"),
        /// The loss is log 2 where the policy is the reference.
        IS_LOG_2_AT_THE_REFERENCE("there is no reference, or the loss is no −log σ of a difference from it");

        private final String unless;

        Promise(String unless) {
            this.unless = unless;
        }
    }

    /// The recipe under test.
    Recipe<E> recipe();

    /// At least three examples of unequal lengths, of every kind the recipe tells apart.
    List<E> examples();

    Set<Promise> promises();

    /// The losses, in double, sharing no code with the recipe.
    ///
    /// @param held the same numbers, but left where they are while a gradient is taken: what a formula holds for a
    ///     constant is made of these
    double[] formula(GivenBatch.Seen seen, GivenBatch.Seen held);

    private GivenBatch<E> batch() {
        return new GivenBatch<>(recipe(), examples());
    }

    private static float[] ones(int n) {
        float[] ones = new float[n];
        Arrays.fill(ones, 1);
        return ones;
    }

    private Result run(GivenBatch<E> batch, float[] logProbs, float[] reference) {
        try (Kernels k = CpuKernels.open()) {
            return batch.run(k, logProbs, reference, ones(1000));
        }
    }

    @Test
    default void losses_are_the_formula() {
        GivenBatch<E> batch = batch();
        float[] logProbs = batch.logProbs(1);
        float[] reference = batch.reference(2);
        GivenBatch.Seen seen = batch.seen(Cases.doubles(logProbs), reference);
        double[] expected = formula(seen, seen);
        Tolerance rounded = Tolerance.elementwise(16, 30); // of sums of up to 30 nats
        Teeth.bite(run(batch, logProbs, reference).losses(), l -> rounded.check("loss", l, expected));
    }

    @Test
    default void gradient_is_the_slope_of_the_formula() {
        GivenBatch<E> batch = batch();
        float[] logProbs = batch.logProbs(3);
        float[] reference = batch.reference(4);
        float[] dy = Cases.plain(5, 1000, 1);
        GivenBatch.Seen held = batch.seen(Cases.doubles(logProbs), reference);
        double[] expected = FiniteDifference.of(
                x -> {
                    double sum = 0;
                    double[] losses = formula(batch.seen(x, reference), held);
                    for (int i = 0; i < losses.length; i++) sum += dy[i] * losses[i];
                    return sum;
                },
                logProbs);
        try (Kernels k = CpuKernels.open()) {
            float[] grad = batch.run(k, logProbs, reference, dy).grad();
            Teeth.bite(grad, g -> Tolerance.slope(1, 16).check("gradient", g, expected));
        }
    }

    @Test
    default void there_are_as_many_losses_as_the_weights_say_and_the_same_twice() {
        GivenBatch<E> batch = batch();
        Result once = run(batch, batch.logProbs(1), batch.reference(2));
        Result again = run(batch, batch.logProbs(1), batch.reference(2));
        assertThat(once.losses())
                .hasSize((int) examples().stream().mapToDouble(recipe()::weight).sum());
        for (float l : once.losses()) assertThat(l).isFinite();
        assertThat(again.losses()).isEqualTo(once.losses());
        assertThat(again.grad()).isEqualTo(once.grad());
    }

    /// Answers that are all but certain beside hopeless ones, under policy and reference, this way and that.
    @Test
    default void extreme_margins_give_finite_losses_and_slopes() {
        GivenBatch<E> batch = batch();
        for (int unlikely = 0; unlikely < 2; unlikely++) {
            float[] logProbs = batch.logProbs(1);
            float[] reference = batch.reference(2);
            for (int b = 0; b < batch.packed().branches(); b++) {
                int from = batch.packed().firstOf(b);
                int to = batch.packed().firstOf(b + 1);
                float far = b % 2 == unlikely ? -40 : -1e-7f;
                Arrays.fill(logProbs, batch.offset(from), batch.offset(to), far);
                if (reference.length == 0) continue;
                Arrays.fill(reference, batch.offset(from), batch.offset(to), b % 2 == unlikely ? -1e-7f : -40);
            }
            Result r = run(batch, logProbs, reference);
            for (float l : r.losses()) assertThat(l).isFinite();
            for (float g : r.grad()) assertThat(g).isFinite();
        }
    }

    @Test
    default void what_is_logged_is_what_it_says() {
        GivenBatch<E> batch = batch();
        List<String> said = recipe().metrics().stream().map(Metric::name).toList();
        assertThat(said.getFirst()).isEqualTo("loss");
        assertThat(run(batch, batch.logProbs(1), batch.reference(2))
                        .metrics()
                        .means()
                        .keySet())
                .containsExactlyInAnyOrderElementsOf(said.subList(1, said.size()));
        assertThat(Metric.headlines(recipe().metrics())).isNotEmpty();
    }

    @Test
    default void every_example_has_a_sequence_and_tokens_are_counted() {
        for (E e : examples()) {
            assertThat(recipe().sequences(e)).isNotEmpty();
            assertThat(recipe().tokens(e))
                    .isBetween(
                            recipe().sequences(e).getFirst().tokens(),
                            recipe().sequences(e).stream()
                                    .mapToInt(s -> s.tokens())
                                    .sum());
        }
    }

    @Test
    default void a_beginning_that_is_read_once_teaches_a_model_what_it_teaches_repeated() {
        try (TaughtModel<E> model = new TaughtModel<>(recipe())) {
            List<List<E>> whole = List.of(examples());
            model.requireSame(model.gradients(whole, true), model.gradients(whole, false));
        }
    }

    /// A test for each promise that is made; of each other, that it is not kept, so that none is left out.
    @TestFactory
    default Stream<DynamicTest> it_keeps_what_it_promises_and_nothing_else() {
        return Arrays.stream(Promise.values())
                .map(p -> promises().contains(p)
                        ? dynamicTest(p + " is kept", () -> check(p))
                        : dynamicTest(
                                p + " is not kept, for " + p.unless,
                                () -> assertThatThrownBy(() -> check(p)).isInstanceOf(AssertionError.class)));
    }

    private void check(Promise promise) {
        switch (promise) {
            case LEARNS_THE_FIRST -> a_likelier_first_sequence_costs_less();
            case UNLEARNS_THE_SECOND -> a_likelier_second_sequence_costs_more();
            case IS_SYMMETRIC -> gradients_of_the_two_are_opposite();
            case KEEPS_TO_ITSELF -> {
                losses_of_an_example_do_not_depend_on_its_neighbours();
                examples_one_by_one_teach_a_model_what_they_teach_together();
            }
            case IS_LOG_2_AT_THE_REFERENCE -> the_loss_is_log_two_where_the_policy_is_the_reference();
        }
    }

    /// The gradients of a branch.
    private float[] branch(int number) {
        GivenBatch<E> batch = batch();
        float[] grad = run(batch, batch.logProbs(1), batch.reference(2)).grad();
        int from = batch.offset(batch.packed().firstOf(number));
        return Arrays.copyOfRange(grad, from, batch.offset(batch.packed().firstOf(number + 1)));
    }

    private void a_likelier_first_sequence_costs_less() {
        assertThat(branch(0)).isNotEmpty();
        for (float g : branch(0)) assertThat(g).isNegative();
    }

    private void a_likelier_second_sequence_costs_more() {
        assertThat(branch(1)).isNotEmpty();
        for (float g : branch(1)) assertThat(g).isPositive();
    }

    private void gradients_of_the_two_are_opposite() {
        GivenBatch<E> batch = batch();
        float[] grad = run(batch, batch.logProbs(1), batch.reference(2)).grad();
        int n = examples().size();
        assertThat(batch.packed().branches()).isEqualTo(2);
        for (int i = 0; i < n; i++) assertThat(grad[batch.offset(n + i)]).isEqualTo(-grad[batch.offset(i)]);
    }

    private void losses_of_an_example_do_not_depend_on_its_neighbours() {
        GivenBatch<E> batch = batch();
        float[] logProbs = batch.logProbs(1);
        float[] reference = batch.reference(2);
        float[] together = run(batch, logProbs, reference).losses();
        int at = 0;
        for (int i = 0; i < examples().size(); i++) {
            for (float l : alone(batch, i, logProbs, reference)) {
                // a vector and its tail may round their exponential apart
                assertThat(l).isCloseTo(together[at], within(4 * Math.ulp(together[at])));
                at++;
            }
        }
        assertThat(at).isEqualTo(together.length);
    }

    private void examples_one_by_one_teach_a_model_what_they_teach_together() {
        try (TaughtModel<E> model = new TaughtModel<>(recipe())) {
            List<List<E>> apart = examples().stream().map(List::of).toList();
            model.requireSame(model.gradients(apart, true), model.gradients(List.of(examples()), true));
        }
    }

    /// Losses of example `i` by itself, with its part of the numbers.
    private float[] alone(GivenBatch<E> batch, int i, float[] logProbs, float[] reference) {
        GivenBatch<E> one = new GivenBatch<>(recipe(), examples().subList(i, i + 1));
        int sequences = one.packed().sequences().size();
        float[] own = new float[one.offset(sequences)];
        float[] ownReference = new float[reference.length == 0 ? 0 : own.length];
        for (int b = 0; b < sequences; b++) {
            int s = batch.packed().firstOf(b) + i;
            int tokens = one.offset(b + 1) - one.offset(b);
            System.arraycopy(logProbs, batch.offset(s), own, one.offset(b), tokens);
            if (reference.length == 0) continue;
            System.arraycopy(reference, batch.offset(s), ownReference, one.offset(b), tokens);
        }
        return run(one, own, ownReference).losses();
    }

    private void the_loss_is_log_two_where_the_policy_is_the_reference() {
        GivenBatch<E> batch = batch();
        float[] halves = batch.logProbs(1);
        for (int i = 0; i < halves.length; i++) halves[i] = -(1 + i % 5) / 2f; // sums without rounding
        float[] losses = run(batch, halves, halves.clone()).losses();
        double[] expected = new double[losses.length];
        Arrays.fill(expected, Math.log(2));
        Teeth.bite(losses, l -> Tolerance.elementwise(1).check("loss", l, expected));
    }
}
