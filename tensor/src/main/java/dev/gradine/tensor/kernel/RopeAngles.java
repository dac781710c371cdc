package dev.gradine.tensor.kernel;

import dev.gradine.tensor.Shape;
import dev.gradine.tensor.ShapeException;
import dev.gradine.tensor.Tensor;

/// The angles by which rotary position embedding turns, and the channels of a head that it turns: the first R of D, in
/// pairs.
///
/// ```
/// halves         pair i is (i, i + R/2)       Llama, and most of Hugging Face's checkpoints
/// interleaved    pair i is (2i, 2i + 1)       Cohere, GLM-4, DeepSeek, Llama 4
/// ```
///
/// @param cos `f32[P,R/2]`, by position and pair
/// @param sin `f32[P,R/2]`
/// @param headDim D, channels of a head; those from R on stay as they are
/// @param isInterleaved whether neighbours are paired
public record RopeAngles(Tensor cos, Tensor sin, int headDim, boolean isInterleaved) {

    /// @throws ShapeException if a head has fewer channels than turn, or sines and cosines differ in number
    public RopeAngles {
        if (headDim < 2 * cos.shape().last() || cos.shape().last() == 0) {
            throw new ShapeException("rope: cos is %s, expected rows of 1 to %d pairs for heads of %d channels"
                    .formatted(cos.shape(), headDim / 2, headDim));
        }
        ShapeException.require("rope", "sin", sin.shape(), cos.shape(), "shape of cos");
    }

    /// Whole heads of halves.
    public static RopeAngles halves(Tensor cos, Tensor sin) {
        return new RopeAngles(cos, sin, 2 * cos.shape().last(), false);
    }

    /// Pairs that turn, R/2.
    public int pairs() {
        return cos.shape().last();
    }

    /// Positions P that have angles.
    public int places() {
        return cos.shape().rows();
    }

    /// From the first channel of a pair to that of the next.
    public int step() {
        return isInterleaved ? 2 : 1;
    }

    /// From the first channel of a pair to its second.
    public int gap() {
        return isInterleaved ? 1 : pairs();
    }

    /// Fails unless rows of `x` are whole heads.
    ///
    /// @throws ShapeException if they are not
    public void requireHeads(Shape x) {
        if (x.last() % headDim == 0) return;
        throw new ShapeException(
                "rope: x is %s, expected rows of a multiple of %d (channels of a head)".formatted(x, headDim));
    }
}
