package dev.gradine.testkit.fuzz;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.ToIntFunction;

/// Changes files at random, the same way for the same seed: bits, bytes, numbers, cuts, copies, and words of the file's
/// own kind put in.
///
/// @param words to put in, such as `null` and `1e999` for JSON
public record Mutation(List<String> words) implements FileKind.Change {

    private static final int LONG = 8; // bytes
    private static final int[] EXTREMES = {0, -1, 1, Integer.MAX_VALUE, Integer.MIN_VALUE, 1 << 20, 65536, 3};

    /// One to three changes anywhere.
    @Override
    public byte[] of(byte[] original, SplittableRandom random) {
        return changed(original, original.length, random);
    }

    /// One to three changes among as many bytes at the front as `end` says for a file.
    public FileKind.Change before(ToIntFunction<byte[]> end) {
        return (original, random) -> changed(original, end.applyAsInt(original), random);
    }

    private byte[] changed(byte[] original, int front, SplittableRandom random) {
        byte[] bytes = original;
        int changes = 1 + random.nextInt(3);
        for (int i = 0; i < changes; i++) bytes = once(bytes, Math.min(front, bytes.length), random);
        return bytes;
    }

    private byte[] once(byte[] b, int front, SplittableRandom random) {
        if (front < LONG) return b;
        int at = random.nextInt(front - LONG + 1);
        ByteBuffer numbers = ByteBuffer.wrap(b).order(ByteOrder.LITTLE_ENDIAN);
        switch (random.nextInt(7)) {
            case 0 -> b[at] ^= (byte) (1 << random.nextInt(8));
            case 1 -> b[at] = (byte) random.nextInt(256);
            case 2 -> numbers.putInt(at & ~3, EXTREMES[random.nextInt(EXTREMES.length)]);
            case 3 -> numbers.putLong(at, 1L << random.nextInt(64));
            case 4 -> {
                return Arrays.copyOf(b, random.nextInt(b.length));
            }
            case 5 -> {
                return spliced(b, at, Math.min(b.length, at + random.nextInt(16)), word(random));
            }
            default -> {
                int from = random.nextInt(front - LONG + 1);
                return spliced(b, at, at, Arrays.copyOfRange(b, from, Math.min(b.length, from + random.nextInt(64))));
            }
        }
        return b;
    }

    private byte[] word(SplittableRandom random) {
        return words.get(random.nextInt(words.size())).getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] spliced(byte[] b, int from, int to, byte[] middle) {
        byte[] out = new byte[b.length - (to - from) + middle.length];
        System.arraycopy(b, 0, out, 0, from);
        System.arraycopy(middle, 0, out, from, middle.length);
        System.arraycopy(b, to, out, from + middle.length, b.length - to);
        return out;
    }
}
