package dev.gradine.io;

import dev.gradine.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/// Tells the weights of one model from those of another, without reading all of them: SHA-256 of the names, types,
/// shapes
/// and first bytes of all tensors, and of the configuration.
public final class Fingerprint {

    private static final int SAMPLE = 256; // bytes of a tensor: two models of one shape differ in them
    private static final int SHOWN = 16;

    private Fingerprint() {}

    /// The first 16 hexadecimal digits.
    public static String of(Checkpoint checkpoint) {
        MessageDigest sha = sha256();
        add(sha, Json.line(checkpoint.config()));
        for (String name : checkpoint.names().stream().sorted().toList()) {
            Tensor t = checkpoint.tensor(name);
            add(sha, name + t.dtype() + t.shape());
            MemorySegment data = t.data();
            sha.update(data.asSlice(0, Math.min(SAMPLE, data.byteSize())).asByteBuffer());
        }
        return HexFormat.of().formatHex(sha.digest()).substring(0, SHOWN);
    }

    private static void add(MessageDigest sha, String text) {
        sha.update(text.getBytes(StandardCharsets.UTF_8));
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
