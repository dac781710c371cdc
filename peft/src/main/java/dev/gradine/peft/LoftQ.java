package dev.gradine.peft;

import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.Quantise;
import dev.gradine.tensor.linalg.Svd;
import java.lang.foreign.Arena;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// LoftQ: over a quantised base a LoRA begins as the best low-rank correction of the error that quantisation made.
///
/// ```
/// repeat: Q = quantised(W − s B A)      s B A = best rank R of W − Q
/// ```
///
/// Li et al. 2023 (arXiv:2310.08659), algorithm 1. Both factors carry the root of 1 / s, so that the
/// correction is right for every scale; PEFT's is for alpha = rank alone. After one iteration Q is the base
/// as it was quantised; after more it belongs to the adapter and is stored with it.
///
/// @param iterations how often
public record LoftQ(int iterations) implements LoraInit {

    private static final Pattern NAME = Pattern.compile("loftq(_iter_([1-9]\\d{0,2}))?");

    static Optional<LoraInit> parse(String text) {
        Matcher m = NAME.matcher(text);
        if (!m.matches()) return Optional.empty();
        return Optional.of(new LoftQ(m.group(2) == null ? 1 : Integer.parseInt(m.group(2))));
    }

    @Override
    public Factors factors(Place p) {
        Tensor quantised = p.layer().weight().param().value();
        if (!quantised.dtype().hasScales()) {
            throw new AdapterException("lora: loftq at %s, a weight of %s; expected a base quantised on loading"
                    .formatted(p.layer().path(), quantised.dtype()));
        }
        Kernels run = p.start().run();
        Tensor a = run.empty(Shape.of(p.rank(), p.layer().in()));
        Tensor b = run.empty(Shape.of(p.layer().out(), p.rank()));
        Optional<Tensor> own = Optional.empty();
        try (Kernels k = run.openStep()) {
            Tensor w = p.original(k);
            for (int i = 0; i < iterations; i++) {
                Tensor q = i == 0 ? quantised : again(w, quantised, a, b, p.scale(), k);
                Tensor decoded = k.empty(w.shape());
                k.copy(q, decoded);
                Tensor error = k.empty(w.shape());
                k.copy(w, error);
                k.elementwise().axpy(-1, decoded, error);
                Pissa.halves(Svd.leading(error, p.rank(), k), p.scale(), a, b, k);
                if (i > 0) own = Optional.of(kept(decoded, run));
            }
        }
        return new Factors(a, b, own);
    }

    private static Tensor kept(Tensor t, Kernels run) {
        Tensor copy = run.empty(t.shape());
        run.copy(t, copy);
        return copy;
    }

    private static Tensor again(Tensor w, Tensor like, Tensor a, Tensor b, float s, Kernels k) {
        Tensor rest = k.empty(w.shape());
        k.copy(w, rest);
        Place.add(b, a, -s, rest, k);
        return coded(rest, like, k);
    }

    /// `w` in the codes that `like` has.
    static Tensor coded(Tensor w, Tensor like, Kernels k) {
        Arena arena = Arena.ofAuto();
        return k.fromHost(Quantise.like(like, k.toHost(w, arena), arena));
    }

    /// On disk it is a LoRA like any other.
    @Override
    public Object peft() {
        return true;
    }

    @Override
    public String toString() {
        return iterations == 1 ? "loftq" : "loftq_iter_" + iterations;
    }
}
