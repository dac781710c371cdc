package dev.gradine.tensor.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.tensor.Shape;
import dev.gradine.tensor.ShapeException;
import dev.gradine.tensor.kernel.Conv2dKernel.Axis;
import dev.gradine.tensor.kernel.Conv2dKernel.Windows;
import org.junit.jupiter.api.Test;

class Conv2dShapesTest {

    private static Shape y(int height, int window, int stride, int padding, int dilation) {
        Axis rows = new Axis(stride, padding, dilation);
        Shape x = Shape.of(2, 6, height, 5);
        return new Conv2dShapes(x, Shape.of(4, 3, window, 1), new Windows(rows, Axis.PLAIN, 2)).y();
    }

    @Test
    void sizes_are_those_of_known_layers() {
        assertThat(y(224, 7, 2, 3, 1)).isEqualTo(Shape.of(2, 4, 112, 5)); // the first layer of a ResNet
        assertThat(y(56, 3, 1, 1, 1)).isEqualTo(Shape.of(2, 4, 56, 5));
        assertThat(y(224, 16, 16, 0, 1)).isEqualTo(Shape.of(2, 4, 14, 5)); // patches of a vision transformer
        assertThat(y(9, 3, 1, 0, 2)).isEqualTo(Shape.of(2, 4, 5, 5));
        assertThat(y(10, 3, 2, 0, 1)).isEqualTo(Shape.of(2, 4, 4, 5)); // the last row lies under no window
    }

    @Test
    void what_does_not_meet_is_named() {
        Windows two = new Windows(Axis.PLAIN, Axis.PLAIN, 2);
        Shape x = Shape.of(1, 6, 4, 4);
        assertThatThrownBy(() -> new Conv2dShapes(Shape.of(6, 4, 4), Shape.of(4, 3, 1, 1), two))
                .isInstanceOf(ShapeException.class)
                .hasMessage("conv2d: x is [6, 4, 4], expected 4 axes");
        assertThatThrownBy(() -> new Conv2dShapes(x, Shape.of(4, 6, 1, 1), two))
                .hasMessage("conv2d: w is [4, 6, 1, 1], expected [4, 3, 1, 1] (x is [1, 6, 4, 4], groups is 2)");
        assertThatThrownBy(() -> new Conv2dShapes(x, Shape.of(3, 3, 1, 1), two))
                .hasMessage("conv2d: groups is 2, expected a divisor of the channels of x [1, 6, 4, 4] and of w"
                        + " [3, 3, 1, 1]");
        assertThatThrownBy(
                        () -> new Conv2dShapes(x, Shape.of(4, 3, 7, 1), new Windows(new Axis(1, 1, 1), Axis.PLAIN, 2)))
                .hasMessage(
                        "conv2d: x is [1, 6, 4, 4] with 1 rows of padding on each side, expected at least 7 rows (the"
                                + " window)");
        assertThatThrownBy(() -> new Conv2dShapes(x, Shape.of(4, 3, 1, 0), two))
                .hasMessage("conv2d: x is [1, 6, 4, 4] with 0 columns of padding on each side, expected at least 1"
                        + " columns (the window)");
    }

    @Test
    void numbers_that_move_no_window_are_refused() {
        assertThatThrownBy(() -> new Axis(0, 0, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("conv2d: stride is 0, expected at least 1");
        assertThatThrownBy(() -> new Axis(1, -1, 1)).hasMessage("conv2d: padding is -1, expected at least 0");
        assertThatThrownBy(() -> new Axis(1, 0, 0)).hasMessage("conv2d: dilation is 0, expected at least 1");
        assertThatThrownBy(() -> new Windows(Axis.PLAIN, Axis.PLAIN, 0))
                .hasMessage("conv2d: groups is 0, expected at least 1");
    }
}
