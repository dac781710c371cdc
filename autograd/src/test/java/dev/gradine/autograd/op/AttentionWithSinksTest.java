package dev.gradine.autograd.op;

import static dev.gradine.autograd.op.AttentionWithSinks.attentionWithSinks;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.tensor.Shape;
import dev.gradine.tensor.ShapeException;
import dev.gradine.tensor.kernel.AttentionSpec;
import dev.gradine.tensor.kernel.Mask;
import dev.gradine.tensor.kernel.Sequences;
import dev.gradine.testkit.Tolerance;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Attention with sinks against the formula, and what it refuses.
class AttentionWithSinksTest {

    private static final Sequences PACKED = Sequences.packed(0, 3, 3, 8);
    private static final Sequences BRANCHING = Sequences.branching(new int[] {0, 4, 6, 9}, new int[] {-1, 0, 0});

    private static AttentionSpec spec(int d) {
        return AttentionSpec.causal(4, 2, d, (float) (1 / Math.sqrt(d)));
    }

    private static OpCheck attended(AttentionSpec spec, Sequences s) {
        int d = spec.headDim();
        return OpCheck.of(
                (_, v) -> attentionWithSinks(v.get(0), v.get(1), v.get(2), v.get(3), spec, s),
                in -> AttentionTest.reference(in, spec, s),
                Shape.of(s.queries(), 4 * d),
                Shape.of(s.keys(), 2 * d),
                Shape.of(s.keys(), 2 * d),
                Shape.of(4));
    }

    static Stream<AttentionSpec> specs() {
        return Stream.of(
                spec(1),
                spec(8),
                spec(17),
                spec(8).with(new Mask.Window(2)),
                spec(8).with(new Mask.Chunk(3)),
                spec(8).withSoftCap(2));
    }

    @ParameterizedTest
    @MethodSource("specs")
    void forward_is_the_softmax_with_one_score_more(AttentionSpec spec) {
        attended(spec, PACKED).forward(Tolerance.dot(spec.headDim(), 9, 4));
        attended(spec, BRANCHING).forward(Tolerance.dot(spec.headDim(), 9, 4));
    }

    @ParameterizedTest
    @MethodSource("specs")
    void gradient_is_the_slope_of_the_reference(AttentionSpec spec) {
        attended(spec, PACKED).gradients(Tolerance.slope(40, 8));
        attended(spec, BRANCHING).gradients(Tolerance.slope(40, 8));
    }

    @Test
    void refuses_another_number_of_sinks() {
        Shape rows = Shape.of(8, 8);
        assertThatThrownBy(() -> OpCheck.run(
                        (_, v) -> attentionWithSinks(v.get(0), v.get(1), v.get(2), v.get(3), spec(2), PACKED),
                        rows,
                        Shape.of(8, 4),
                        Shape.of(8, 4),
                        Shape.of(3)))
                .isInstanceOf(ShapeException.class)
                .hasMessage("attention: sinks is [3], expected [4] (one per query head)");
    }
}
