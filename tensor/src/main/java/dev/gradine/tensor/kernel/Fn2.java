package dev.gradine.tensor.kernel;

import java.util.Locale;
import java.util.function.DoubleBinaryOperator;

/// The functions of two variables, a row each.
///
/// ```
/// NAME(y of a and b,     da and db of dy, a and b,     all three again in double)
/// ```
///
/// The same rows in f32 are those of `function.cu`. Where a = b, `min` and `max` give each side half of the gradient.
@SuppressWarnings("ImmutableEnumChecker") // its lambdas hold nothing
public enum Fn2 {
    ADD("a + b", "dy", "dy", false, (a, b) -> a + b, (dy, _, _) -> dy, (dy, _, _) -> dy),
    SUB("a − b", "dy", "−dy", false, (a, b) -> a - b, (dy, _, _) -> dy, (dy, _, _) -> -dy),
    MUL("a · b", "dy · b", "dy · a", true, (a, b) -> a * b, (dy, _, b) -> dy * b, (dy, a, _) -> dy * a),
    DIV(
            "a / b",
            "dy / b",
            "−dy · a / b²",
            true,
            (a, b) -> a / b,
            (dy, _, b) -> dy / b,
            (dy, a, b) -> -dy * a / (b * b)),
    MIN(
            "min(a, b)",
            "dy where a < b",
            "dy where b < a",
            true,
            Math::min,
            (dy, a, b) -> dy * less(a, b),
            (dy, a, b) -> dy * less(b, a)),
    MAX(
            "max(a, b)",
            "dy where a > b",
            "dy where b > a",
            true,
            Math::max,
            (dy, a, b) -> dy * less(b, a),
            (dy, a, b) -> dy * less(a, b)),
    /// The gate of Gemma: Shazeer 2020 (arXiv:2002.05202), eq. 5, with GELU by tanh.
    GEGLU(
            "gelu(a) · b, gelu by tanh",
            "dy · b · gelu′(a)",
            "dy · gelu(a)",
            true,
            (a, b) -> Fn.GELU_TANH.value(a, 0, 0) * b,
            (dy, a, b) -> dy * b * Fn.geluTanhSlope(a),
            (dy, a, _) -> dy * Fn.GELU_TANH.value(a, 0, 0));

    /// A gradient from that of the result and the inputs.
    @FunctionalInterface
    private interface Backward {
        double of(double dy, double a, double b);
    }

    private final String y;
    private final String da;
    private final String db;
    private final boolean keepsInputs;
    private final DoubleBinaryOperator forward;
    private final Backward left;
    private final Backward right;

    Fn2(
            String y,
            String da,
            String db,
            boolean keepsInputs,
            DoubleBinaryOperator forward,
            Backward left,
            Backward right) {
        this.y = y;
        this.da = da;
        this.db = db;
        this.keepsInputs = keepsInputs;
        this.forward = forward;
        this.left = left;
        this.right = right;
    }

    /// 1, ½ where they are equal, 0.
    private static double less(double a, double b) {
        return a < b ? 1 : a == b ? 0.5 : 0;
    }

    /// The value at `a` and `b`.
    public double value(double a, double b) {
        return forward.applyAsDouble(a, b);
    }

    /// The gradient with respect to a.
    public double left(double dy, double a, double b) {
        return left.of(dy, a, b);
    }

    /// The gradient with respect to b.
    public double right(double dy, double a, double b) {
        return right.of(dy, a, b);
    }

    /// Whether backward reads the inputs.
    public boolean keepsInputs() {
        return keepsInputs;
    }

    /// Whether the gradient with respect to a is that of the result.
    public boolean leftIsDy() {
        return da.equals("dy");
    }

    /// Whether the gradient with respect to b is that of the result.
    public boolean rightIsDy() {
        return db.equals("dy");
    }

    /// The formula of y.
    public String y() {
        return y;
    }

    /// The formula of da.
    public String da() {
        return da;
    }

    /// The formula of db.
    public String db() {
        return db;
    }

    /// Its name in messages and in the names of CUDA kernels.
    public String id() {
        return name().toLowerCase(Locale.ROOT);
    }
}
