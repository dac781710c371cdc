package dev.gradine.peft;

import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.linalg.Qr;
import java.util.Optional;

/// OLoRA: a LoRA that begins with orthonormal columns of the weight's QR decomposition, taken out of the base.
///
/// ```
/// W = Q R      B = Q[:, :R]      A = R[:R, :]      W_res = W − s B A
/// ```
///
/// Büyükakyüz 2024 (arXiv:2406.01775), algorithm 1.
public record Olora() implements LoraInit {

    static Optional<LoraInit> parse(String text) {
        return text.equals("olora") ? Optional.of(new Olora()) : Optional.empty();
    }

    @Override
    public boolean changesBase() {
        return true;
    }

    @Override
    public Factors factors(Place p) {
        int r = p.rank();
        int in = p.layer().in();
        int out = p.layer().out();
        if (r > Math.min(in, out)) {
            throw new AdapterException("lora: rank is %d, expected at most the %d of %s"
                    .formatted(r, Math.min(in, out), p.layer().path()));
        }
        Kernels run = p.start().run();
        Tensor w = p.original(run);
        float[] q;
        float[] upper;
        try (Kernels k = run.openStep()) {
            Qr qr = Qr.thin(w, k);
            q = k.download(qr.q());
            upper = k.download(qr.r());
        }
        int width = Math.min(in, out);
        float[] columns = new float[out * r];
        for (int o = 0; o < out; o++) System.arraycopy(q, o * width, columns, o * r, r);
        Tensor b = run.of(Shape.of(out, r), columns);
        Tensor a = run.of(Shape.of(r, in), java.util.Arrays.copyOf(upper, r * in));
        Place.add(b, a, -p.scale(), w, run);
        return new Factors(a, b, Optional.of(w));
    }

    @Override
    public Object peft() {
        return toString();
    }

    @Override
    public String toString() {
        return "olora";
    }
}
