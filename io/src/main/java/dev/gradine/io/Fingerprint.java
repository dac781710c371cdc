package dev.gradine.io;

import dev.gradine.tensor.Tensor;
import java.lang.foreign.MemorySegment;

/// Tells the weights of one model from those of another, without reading all of them: SHA-256 of the
/// configuration and of the names, types, shapes and first bytes of all tensors.
public final class Fingerprint {

    private static final int SAMPLE = 256; // bytes of a tensor: two models of one shape differ in them
    private static final int SHOWN = 16;

    private Fingerprint() {}

    /// The first 16 hexadecimal digits.
    public static String of(Checkpoint checkpoint) {
        Sha256 sha = new Sha256();
        sha.add(Json.line(checkpoint.config()));
        for (String name : checkpoint.names().stream().sorted().toList()) {
            Tensor t = checkpoint.tensor(name);
            sha.add(name + t.dtype() + t.shape());
            MemorySegment data = t.data();
            sha.add(data.asSlice(0, Math.min(SAMPLE, data.byteSize())).asByteBuffer());
        }
        return sha.hex().substring(0, SHOWN);
    }
}
