package dev.gradine.tensor.kernel;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.ShapeException;
import dev.gradine.tensor.Tensor;

/// Device contract of drawing the next token from rows of logits, so that a token leaves the device and not its
/// vocabulary.
///
/// ```
/// p = softmax(logits / temperature), cut to the topK likeliest, then to the fewest whose sum reaches topP
/// token = the first whose running sum of p exceeds u · (the sum of all p that are left)
/// ```
///
/// Fan et al. 2018 (arXiv:1805.04833) for top-k, Holtzman et al. 2019 (arXiv:1904.09751), section 3.1, for top-p.
/// With a cut, running sums go by falling logit, ties by token, and f32 logits of which only the last bit differs may
/// be ties; without any, they go by token.
///
/// A device other than the CPU draws the same token, except where a running sum is as close to u, or to topP, as its
/// rounding of p.
public interface SamplingKernel {

    /// How a token is drawn.
    ///
    /// @param temperature 0 for the likeliest token, always; 1 for the model's own distribution
    /// @param topK how many tokens may be drawn; 0 for all
    /// @param topP sum of probabilities that may be drawn, in (0, 1]
    record Rule(double temperature, int topK, double topP) {

        /// The likeliest token, always.
        public static final Rule GREEDY = new Rule(0, 0, 1);

        /// @throws IllegalArgumentException if a number is out of range
        public Rule {
            require("temperature", temperature, temperature >= 0 && Double.isFinite(temperature), "at least 0");
            require("top-k", topK, topK >= 0, "at least 0 (0 for all)");
            require("top-p", topP, topP > 0 && topP <= 1, "above 0 and at most 1");
        }

        private static void require(String name, Object value, boolean ok, String expected) {
            if (!ok) throw new IllegalArgumentException("%s: %s, expected %s".formatted(name, value, expected));
        }

        /// Whether the likeliest token is taken, and `u` is not read.
        public boolean isGreedy() {
            return temperature == 0;
        }

        /// Whether some tokens may not be drawn, so that they have to be in the order of their logits.
        public boolean cuts() {
            return topK > 0 || topP < 1;
        }
    }

    /// Overwrites `tokens i32[N]` with a token of each row of `logits [N,V]`: the first of the largest logit if the
    /// rule is greedy.
    ///
    /// @param logits finite
    /// @param u one in [0, 1) for each row, unless the rule is greedy
    void draw(Tensor logits, Rule rule, double[] u, Tensor tokens);

    /// Fails unless the operands are those of a draw.
    ///
    /// @return the number of rows
    /// @throws ShapeException if numbers of values do not fit
    /// @throws IllegalArgumentException if a value of `u` is out of range
    static int requireRows(Tensor logits, Rule rule, double[] u, Tensor tokens) {
        int n = logits.shape().rows();
        Operands.require("sampling", "tokens", tokens, DType.I32, n);
        if (rule.isGreedy()) return n;
        if (u.length != n) {
            throw new ShapeException("sampling: u has %d values, expected %d (rows of logits %s)"
                    .formatted(u.length, n, logits.shape()));
        }
        for (double x : u) {
            if (!(x >= 0 && x < 1)) throw new IllegalArgumentException("sampling: u is " + x + ", expected in [0, 1)");
        }
        return n;
    }
}
