package dev.gradine.train;

import dev.gradine.autograd.Param;
import dev.gradine.peft.AdapterSet;
import dev.gradine.tensor.Kernels;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/// Tells the values of one adapter from those of another: SHA-256 of names and values.
final class StartDigest {

    private StartDigest() {}

    static String of(AdapterSet adapted, Kernels run) {
        try {
            MessageDigest sha = MessageDigest.getInstance("SHA-256");
            for (Param p : adapted.params()) {
                sha.update(p.name().getBytes(StandardCharsets.UTF_8));
                float[] values = run.download(p.value());
                ByteBuffer bytes = ByteBuffer.allocate(4 * values.length);
                bytes.asFloatBuffer().put(values);
                sha.update(bytes);
            }
            return HexFormat.of().formatHex(sha.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
