package dev.gradine.peft;

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
        return Factors.taken(p, (w, a, b, k) -> {
            Qr qr = Qr.thin(w, k);
            float[] q = k.download(qr.q());
            int width = Math.min(in, out);
            float[] columns = new float[out * r];
            for (int o = 0; o < out; o++) System.arraycopy(q, o * width, columns, o * r, r);
            k.upload(columns, b);
            k.upload(java.util.Arrays.copyOf(k.download(qr.r()), r * in), a);
        });
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
