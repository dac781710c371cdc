package dev.gradine.autograd.op;

import static dev.gradine.autograd.op.Apply.apply;
import static dev.gradine.autograd.op.Combine.combine;

import dev.gradine.autograd.Var;
import dev.gradine.tensor.kernel.Fn;
import dev.gradine.tensor.kernel.Fn2;

/// Short names for the functions of `Fn` and `Fn2`, so that a formula reads as on paper: `mul(a, exp(b))`. A function
/// that has none here is called as `apply(Fn.SIN, x)`.
///
/// Where a function takes two variables, the second has the shape of the first, or one value per column (`[C]`), or one
/// per row (`[N,1]`), or one value in all (`[1]`).
public final class Functions {

    private Functions() {}

    /// `a + b`
    public static Var add(Var a, Var b) {
        return combine(Fn2.ADD, a, b);
    }

    /// `a − b`
    public static Var sub(Var a, Var b) {
        return combine(Fn2.SUB, a, b);
    }

    /// `a · b`
    public static Var mul(Var a, Var b) {
        return combine(Fn2.MUL, a, b);
    }

    /// `a / b`
    public static Var div(Var a, Var b) {
        return combine(Fn2.DIV, a, b);
    }

    /// `min(a, b)`
    public static Var min(Var a, Var b) {
        return combine(Fn2.MIN, a, b);
    }

    /// `max(a, b)`
    public static Var max(Var a, Var b) {
        return combine(Fn2.MAX, a, b);
    }

    /// `gelu(a) · b`, GELU by tanh: the gate of Gemma
    public static Var geglu(Var a, Var b) {
        return combine(Fn2.GEGLU, a, b);
    }

    /// `s · x`
    public static Var scale(Var x, float s) {
        return apply(Fn.SCALE, x, s);
    }

    /// `x + a`
    public static Var shift(Var x, float a) {
        return apply(Fn.SHIFT, x, a);
    }

    /// `x^p` for x > 0
    public static Var pow(Var x, float p) {
        return apply(Fn.POW, x, p);
    }

    /// `cap · tanh(x / cap)`, which stays within ±cap
    public static Var softCap(Var x, float cap) {
        return apply(Fn.SOFT_CAP, x, cap);
    }

    /// `min(max(x, low), high)`
    public static Var clamp(Var x, float low, float high) {
        return apply(Fn.CLAMP, x, low, high);
    }

    /// `e^x`
    public static Var exp(Var x) {
        return apply(Fn.EXP, x);
    }

    /// `e^x − 1`
    public static Var expm1(Var x) {
        return apply(Fn.EXPM1, x);
    }

    /// `ln x`
    public static Var log(Var x) {
        return apply(Fn.LOG, x);
    }

    /// `ln(1 + x)`
    public static Var log1p(Var x) {
        return apply(Fn.LOG1P, x);
    }

    /// `ln(1 − e^x)` for x < 0: from the logarithm of a probability to that of its complement
    public static Var log1mexp(Var x) {
        return apply(Fn.LOG1MEXP, x);
    }

    /// `x²`
    public static Var square(Var x) {
        return apply(Fn.SQUARE, x);
    }

    /// `√x`
    public static Var sqrt(Var x) {
        return apply(Fn.SQRT, x);
    }

    /// `1 / √x`
    public static Var rsqrt(Var x) {
        return apply(Fn.RSQRT, x);
    }

    /// `1 / x`
    public static Var reciprocal(Var x) {
        return apply(Fn.RECIPROCAL, x);
    }

    /// `−x`
    public static Var neg(Var x) {
        return apply(Fn.NEG, x);
    }

    /// `|x|`
    public static Var abs(Var x) {
        return apply(Fn.ABS, x);
    }

    /// `σ(x) = 1 / (1 + e^−x)`
    public static Var sigmoid(Var x) {
        return apply(Fn.SIGMOID, x);
    }

    /// `ln σ(x)`
    public static Var logSigmoid(Var x) {
        return apply(Fn.LOG_SIGMOID, x);
    }

    /// `ln(1 + e^x)`
    public static Var softplus(Var x) {
        return apply(Fn.SOFTPLUS, x);
    }

    /// `tanh x`
    public static Var tanh(Var x) {
        return apply(Fn.TANH, x);
    }

    /// `max(x, 0)`
    public static Var relu(Var x) {
        return apply(Fn.RELU, x);
    }

    /// `x · σ(x)`
    public static Var silu(Var x) {
        return apply(Fn.SILU, x);
    }

    /// `x · σ(1.702 x)`: CLIP's approximation of GELU
    public static Var quickGelu(Var x) {
        return apply(Fn.QUICK_GELU, x);
    }

    /// `½ x (1 + tanh(√(2/π) (x + 0.044715 x³)))`: GELU as GPT-2 has it
    public static Var geluTanh(Var x) {
        return apply(Fn.GELU_TANH, x);
    }

    /// `x · Φ(x)`: GELU by the normal distribution
    public static Var geluErf(Var x) {
        return apply(Fn.GELU_ERF, x);
    }

    /// `sin x`
    public static Var sin(Var x) {
        return apply(Fn.SIN, x);
    }

    /// `cos x`
    public static Var cos(Var x) {
        return apply(Fn.COS, x);
    }
}
