package dev.gradine.peft;

import static dev.gradine.autograd.op.Functions.mul;
import static dev.gradine.autograd.op.MatMul.matMul;
import static dev.gradine.autograd.op.Permute.transpose;
import static dev.gradine.autograd.op.Reshape.reshape;
import static dev.gradine.peft.SummedRows.summedRows;

import dev.gradine.autograd.Var;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.TorchRandom;
import java.util.Arrays;

/// The waves that the update of FourierFT is a sum of, for layers of one shape: all that its formula has beside the
/// coefficients c.
///
/// ```
/// ΔW[o,i] = κ Σ_k c_k cos(2π (u_k o / O + v_k i / I))      κ = scaling / (O I)
/// ```
///
/// Let s count the shorter side, of length S, with frequency f, and l the longer one, of length L, with frequency g. A
/// wave is the product of two thin ones, and f and S − f are one wave turned round:
///
/// ```
/// cos(a + b) = cos a cos b − sin a sin b      a = 2π f s / S, b = 2π g l / L
/// ΔW[s,l] = κ Σ_f ( cos a · Σ_k c_k cos b_k − sin a · Σ_k ±c_k sin b_k )      f ≤ S / 2, k with f_k = f or S − f
/// ```
///
/// So R ≤ min(n, S / 2 + 1) frequencies are left, and a product with ΔW is two thin products of inner width 2R.
///
/// @param shorter κ cos a and −κ sin a of one f after the other, `[2R,S]` if inputs are the shorter side, else `[S,2R]`
/// @param longer cos b and ±sin b side by side, `[n,2L]`
/// @param group number of f of each coefficient, `i32[n]`
/// @param count R
/// @param tall whether inputs are the shorter side
record FourierWaves(Tensor shorter, Tensor longer, Tensor group, int count, boolean tall) {

    /// The waves of `n` places drawn from `seed`.
    ///
    /// @param k lifetime of the tables
    static FourierWaves of(int out, int in, int n, int seed, double scaling, Kernels k) {
        boolean tall = out > in;
        int s = tall ? in : out;
        int l = tall ? out : in;
        long[] places = new TorchRandom(seed).permutation((long) out * in, n);
        int[] first = Arrays.stream(places).mapToInt(p -> (int) (p / in)).toArray();
        int[] second = Arrays.stream(places).mapToInt(p -> (int) (p % in)).toArray();
        int[] f = tall ? second : first;
        int[] g = tall ? first : second;
        int[] folded = Arrays.stream(f).map(each -> Math.min(each, s - each)).toArray();
        int[] distinct = Arrays.stream(folded).sorted().distinct().toArray();
        int[] group = Arrays.stream(folded)
                .map(each -> Arrays.binarySearch(distinct, each))
                .toArray();
        float[] along = new float[Math.multiplyExact(n, 2 * l)];
        for (int j = 0; j < n; j++) {
            wave(along, new int[] {j * 2 * l, j * 2 * l + l, 1}, g[j], l, 1, f[j] == folded[j] ? 1 : -1);
        }
        return new FourierWaves(
                shorter(distinct, s, tall, scaling / ((double) out * in), k),
                k.of(Shape.of(n, 2 * l), along),
                k.ofInts(group),
                distinct.length,
                tall);
    }

    private static Tensor shorter(int[] distinct, int s, boolean tall, double kappa, Kernels k) {
        int width = 2 * distinct.length;
        float[] across = new float[Math.multiplyExact(width, s)];
        for (int r = 0; r < distinct.length; r++) {
            int[] rows = {2 * r * s, (2 * r + 1) * s, 1};
            int[] columns = {2 * r, 2 * r + 1, width};
            wave(across, tall ? rows : columns, distinct[r], s, kappa, -kappa);
        }
        return k.of(tall ? Shape.of(width, s) : Shape.of(s, width), across);
    }

    /// One period of a cosine and a sine, `frequency` times over `length` values.
    ///
    /// @param at where the cosine and the sine begin, and how far apart two values are
    private static void wave(float[] to, int[] at, long frequency, int length, double cos, double sin) {
        for (int t = 0; t < length; t++) {
            double angle = 2 * Math.PI * (frequency * t % length) / length;
            to[at[0] + t * at[2]] = (float) (cos * Math.cos(angle));
            to[at[1] + t * at[2]] = (float) (sin * Math.sin(angle));
        }
    }

    /// x ΔWᵀ.
    ///
    /// @param x `f32[N,I]`
    /// @param c coefficients, `f32[n]`
    Var update(Var x, Var c) {
        Var waves = mul(x.tape().constant(longer), reshape(c, c.shape().last(), 1));
        int l = longer.shape().dim(1) / 2;
        Var sums = reshape(summedRows(waves, group, count), 2 * count, l);
        Var others = x.tape().constant(shorter);
        return tall ? matMul(matMul(x, others), transpose(sums)) : matMul(matMul(x, sums), others);
    }
}
