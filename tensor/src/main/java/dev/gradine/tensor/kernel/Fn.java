package dev.gradine.tensor.kernel;

import static dev.gradine.tensor.kernel.Fn.Domain.ABOVE_MINUS_ONE;
import static dev.gradine.tensor.kernel.Fn.Domain.NEGATIVE;
import static dev.gradine.tensor.kernel.Fn.Domain.NONZERO;
import static dev.gradine.tensor.kernel.Fn.Domain.POSITIVE;
import static dev.gradine.tensor.kernel.Fn.Domain.REAL;
import static dev.gradine.tensor.kernel.Fn.Keeps.NOTHING;
import static dev.gradine.tensor.kernel.Fn.Keeps.X;
import static dev.gradine.tensor.kernel.Fn.Keeps.Y;
import static java.lang.Math.exp;
import static java.lang.Math.expm1;
import static java.lang.Math.log;
import static java.lang.Math.log1p;

import java.util.Locale;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;

/// The functions of one variable, a row each.
///
/// ```
/// NAME(domain, what backward reads,     y of x,     dx of dy and x or y,     both again in double)
/// ```
///
/// `σ(x) = 1 / (1 + e^−x)` is the logistic function, `Φ` the normal distribution and `φ` its density; `a` and `b` are
/// constants that a function is called with. Where a function has a kink, `dx` is that of one side, or 0.
/// The same rows in f32 are those of `function.cu`. The CPU computes a row in double unless `FunctionLoops` has a
/// faster loop for it.
@SuppressWarnings("ImmutableEnumChecker") // its lambdas hold nothing
public enum Fn {
    EXP(REAL, Y, "e^x", "dy · y", Math::exp, (dy, y) -> dy * y),
    EXPM1(REAL, X, "e^x − 1", "dy · e^x", Math::expm1, (dy, x) -> dy * exp(x)),
    LOG(POSITIVE, X, "ln x", "dy / x", Math::log, (dy, x) -> dy / x),
    LOG1P(ABOVE_MINUS_ONE, X, "ln(1 + x)", "dy / (1 + x)", Math::log1p, (dy, x) -> dy / (1 + x)),
    LOG1MEXP(NEGATIVE, X, "ln(1 − e^x)", "−dy / (e^−x − 1)", Fn::log1mexp, (dy, x) -> -dy / expm1(-x)),
    SQUARE(REAL, X, "x²", "2 dy · x", x -> x * x, (dy, x) -> 2 * dy * x),
    SQRT(POSITIVE, Y, "√x", "dy / 2y", Math::sqrt, (dy, y) -> dy / (2 * y)),
    RSQRT(POSITIVE, Y, "1 / √x", "−½ dy · y³", x -> 1 / Math.sqrt(x), (dy, y) -> -0.5 * dy * y * y * y),
    RECIPROCAL(NONZERO, Y, "1 / x", "−dy · y²", x -> 1 / x, (dy, y) -> -dy * y * y),
    NEG(REAL, NOTHING, "−x", "−dy", x -> -x, (dy, _) -> -dy),
    ABS(REAL, X, "|x|", "dy · sign x", x -> Math.abs(x), (dy, x) -> dy * Math.signum(x)),
    SIGMOID(REAL, Y, "σ(x)", "dy · y (1 − y)", Fn::sigmoid, (dy, y) -> dy * y * (1 - y)),
    LOG_SIGMOID(REAL, X, "min(x, 0) − ln(1 + e^−|x|)", "dy / (1 + e^x)", Fn::logSigmoid, (dy, x) -> dy / (1 + exp(x))),
    SOFTPLUS(REAL, X, "max(x, 0) + ln(1 + e^−|x|)", "dy · σ(x)", x -> -logSigmoid(-x), (dy, x) -> dy * sigmoid(x)),
    TANH(REAL, Y, "tanh x", "dy · (1 − y²)", Math::tanh, (dy, y) -> dy * (1 - y * y)),
    SOFTSIGN(
            REAL,
            X,
            "x / (1 + |x|)",
            "dy / (1 + |x|)²",
            x -> x / (1 + Math.abs(x)),
            (dy, x) -> dy / Math.pow(1 + Math.abs(x), 2)),
    RELU(REAL, Y, "max(x, 0)", "dy where y > 0", x -> Math.max(x, 0), (dy, y) -> y > 0 ? dy : 0),
    SILU(REAL, X, "x · σ(x)", "dy · s (1 + x (1 − s)), s = σ(x)", x -> swish(x, 1), (dy, x) -> dy * swishSlope(x, 1)),
    QUICK_GELU(
            REAL,
            X,
            "x · σ(1.702 x)",
            "dy · s (1 + 1.702 x (1 − s)), s = σ(1.702 x)",
            x -> swish(x, 1.702),
            (dy, x) -> dy * swishSlope(x, 1.702)),
    GELU_TANH(
            REAL,
            X,
            "½ x (1 + tanh u), u = √(2/π) (x + 0.044715 x³)",
            "½ dy · (1 + tanh u + x (1 − tanh² u) u′)",
            Fn::geluTanh,
            (dy, x) -> dy * geluTanhSlope(x)),
    GELU_ERF(
            REAL,
            X,
            "x · Φ(x)",
            "dy · (Φ(x) + x φ(x))",
            x -> x * Normal.cdf(x),
            (dy, x) -> dy * (Normal.cdf(x) + x * Normal.density(x))),
    SIN(REAL, X, "sin x", "dy · cos x", Math::sin, (dy, x) -> dy * Math.cos(x)),
    COS(REAL, X, "cos x", "−dy · sin x", Math::cos, (dy, x) -> -dy * Math.sin(x)),
    SCALE(REAL, NOTHING, 1, "a x", "a dy", (x, a, _) -> a * x, (dy, _, a, _) -> a * dy),
    SHIFT(REAL, NOTHING, 1, "x + a", "dy", (x, a, _) -> x + a, (dy, _, _, _) -> dy),
    POW(
            POSITIVE,
            X,
            1,
            "x^a",
            "dy · a x^(a−1)",
            (x, a, _) -> Math.pow(x, a),
            (dy, x, a, _) -> dy * a * Math.pow(x, a - 1)),
    SOFT_CAP(
            REAL,
            Y,
            1,
            "a tanh(x / a)",
            "dy · (1 − (y / a)²)",
            (x, a, _) -> a * Math.tanh(x / a),
            (dy, y, a, _) -> dy * (1 - y / a * (y / a))),
    CLAMP(
            REAL,
            X,
            2,
            "min(max(x, a), b)",
            "dy where a ≤ x ≤ b",
            (x, a, b) -> Math.min(Math.max(x, a), b),
            (dy, x, a, b) -> a <= x && x <= b ? dy : 0);

    /// Where a function is defined; elsewhere it gives NaN or infinity.
    public enum Domain {
        REAL("every x"),
        POSITIVE("x > 0"),
        NEGATIVE("x < 0"),
        NONZERO("x ≠ 0"),
        ABOVE_MINUS_ONE("x > −1");

        private final String text;

        Domain(String text) {
            this.text = text;
        }

        /// As a condition.
        public String text() {
            return text;
        }
    }

    /// What backward reads of the forward pass.
    public enum Keeps {
        X,
        Y,
        NOTHING
    }

    /// A function with its constants.
    @FunctionalInterface
    private interface Forward {
        double of(double x, double a, double b);
    }

    /// The gradient, from that of the result and from what is kept, x or y.
    @FunctionalInterface
    private interface Backward {
        double of(double dy, double kept, double a, double b);
    }

    private final Domain domain;
    private final Keeps keeps;
    private final int constants;
    private final String y;
    private final String dx;
    private final Forward forward;
    private final Backward backward;

    Fn(Domain domain, Keeps keeps, String y, String dx, DoubleUnaryOperator forward, DoubleBinaryOperator backward) {
        this(
                domain,
                keeps,
                0,
                y,
                dx,
                (x, _, _) -> forward.applyAsDouble(x),
                (d, kept, _, _) -> backward.applyAsDouble(d, kept));
    }

    Fn(Domain domain, Keeps keeps, int constants, String y, String dx, Forward forward, Backward backward) {
        this.domain = domain;
        this.keeps = keeps;
        this.constants = constants;
        this.y = y;
        this.dx = dx;
        this.forward = forward;
        this.backward = backward;
    }

    /// The value at `x`.
    public double value(double x, double a, double b) {
        return forward.of(x, a, b);
    }

    /// The gradient with respect to x.
    ///
    /// @param dy gradient of the result
    /// @param kept x or y, as `keeps` says
    public double slope(double dy, double kept, double a, double b) {
        return backward.of(dy, kept, a, b);
    }

    /// Where it is defined.
    public Domain domain() {
        return domain;
    }

    /// What backward reads.
    public Keeps keeps() {
        return keeps;
    }

    /// How many constants it is called with: none, `a`, or `a` and `b`.
    public int constants() {
        return constants;
    }

    /// The formula of y.
    public String y() {
        return y;
    }

    /// The formula of dx.
    public String dx() {
        return dx;
    }

    /// Its name in messages and in the names of CUDA kernels, such as `log_sigmoid`.
    public String id() {
        return name().toLowerCase(Locale.ROOT);
    }

    private static double sigmoid(double x) {
        return 1 / (1 + exp(-x));
    }

    private static double logSigmoid(double x) {
        return Math.min(x, 0) - log1p(exp(-Math.abs(x)));
    }

    /// Without cancellation on either side of e^x = ½. Mächler 2012, "Accurately computing log(1 − exp(−|a|))", eq. 7.
    private static double log1mexp(double x) {
        return x > -0.6931471805599453 ? log(-expm1(x)) : log1p(-exp(x));
    }

    private static double swish(double x, double k) {
        return x * sigmoid(k * x);
    }

    private static double swishSlope(double x, double k) {
        double s = sigmoid(k * x);
        return s * (1 + k * x * (1 - s));
    }

    private static double geluTanh(double x) {
        return 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
    }

    static double geluTanhSlope(double x) {
        double t = Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x));
        double uSlope = Math.sqrt(2 / Math.PI) * (1 + 3 * 0.044715 * x * x);
        return 0.5 * (1 + t + x * (1 - t * t) * uSlope);
    }
}
