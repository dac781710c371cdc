package dev.gradine.peft;

import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.Fn;
import dev.gradine.tensor.linalg.Svd;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// PiSSA: a LoRA that begins as the principal part of the weight, which is taken out of the base.
///
/// ```
/// W = U diag(S) Vᵀ      A = √(S_R / s) V_Rᵀ      B = U_R √(S_R / s)      W_res = W − s B A
/// ```
///
/// Meng, Wang & Zhang 2024 (arXiv:2404.02948), eq. 2 to 4. With `pissa_niter_N` the decomposition is that of N random
/// iterations. Over a quantised base it is W_res that is quantised, which is smaller than W: QPiSSA.
///
/// @param iterations of the randomised decomposition; 0 for the exact one
public record Pissa(int iterations) implements LoraInit {

    private static final Pattern NAME = Pattern.compile("pissa(_niter_(\\d{1,4}))?");

    static Optional<LoraInit> parse(String text) {
        Matcher m = NAME.matcher(text);
        if (!m.matches()) return Optional.empty();
        return Optional.of(new Pissa(m.group(2) == null ? 0 : Integer.parseInt(m.group(2))));
    }

    @Override
    public boolean changesBase() {
        return true;
    }

    @Override
    public Factors factors(Place p) {
        return Factors.taken(p, (w, a, b, k) -> halves(decomposed(w, p, k), p.scale(), a, b, k));
    }

    private Svd decomposed(Tensor w, Place p, Kernels k) {
        return iterations == 0
                ? Svd.leading(w, p.rank(), k)
                : Svd.randomised(w, p.rank(), iterations, p.start().rng(), k);
    }

    /// Both factors with the root of `diag(S) / s`.
    static void halves(Svd svd, float s, Tensor a, Tensor b, Kernels k) {
        if (svd.s().size() != a.shape().dim(0)) {
            throw new AdapterException("lora: rank is %d, expected at most the %d of the layer %s"
                    .formatted(
                            a.shape().dim(0),
                            svd.s().size(),
                            Shape.of(b.shape().dim(0), a.shape().dim(1))));
        }
        Tensor roots = k.empty(svd.s().shape());
        k.elementwise().scale(svd.s(), 1 / s, roots);
        k.function().apply(Fn.SQRT, 0, 0, roots, roots);
        k.elementwise().scaleRows(svd.vt(), roots, a);
        k.function()
                .combine(dev.gradine.tensor.kernel.Fn2.MUL, dev.gradine.tensor.kernel.Per.COLUMN, svd.u(), roots, b);
    }

    @Override
    public Object peft() {
        return toString();
    }

    @Override
    public String toString() {
        return iterations == 0 ? "pissa" : "pissa_niter_" + iterations;
    }
}
