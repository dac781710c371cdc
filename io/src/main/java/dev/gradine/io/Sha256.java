package dev.gradine.io;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/// A SHA-256 digest of texts and numbers, put in one after the other; numbers big-endian.
public final class Sha256 {

    private final MessageDigest digest;

    /// Of nothing yet.
    public Sha256() {
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /// Adds a text, in UTF-8.
    public void add(String text) {
        digest.update(text.getBytes(StandardCharsets.UTF_8));
    }

    /// Adds whole numbers.
    public void add(int... values) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * values.length);
        bytes.asIntBuffer().put(values);
        digest.update(bytes);
    }

    /// Adds real numbers, bit for bit.
    public void add(float[] values) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * values.length);
        bytes.asFloatBuffer().put(values);
        digest.update(bytes);
    }

    /// Adds the first `count` bytes.
    public void add(byte[] bytes, int count) {
        digest.update(bytes, 0, count);
    }

    /// Adds what is left in a buffer.
    void add(ByteBuffer bytes) {
        digest.update(bytes);
    }

    /// All of it, in 64 hexadecimal digits; the digest is empty afterwards.
    public String hex() {
        return HexFormat.of().formatHex(digest.digest());
    }
}
