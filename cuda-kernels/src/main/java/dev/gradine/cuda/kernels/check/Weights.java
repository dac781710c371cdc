package dev.gradine.cuda.kernels.check;

import dev.gradine.tensor.DType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.SplittableRandom;

/// Frozen weights in the bytes of any real type, with values of few digits, which are bf16 numbers as well.
final class Weights {

    private Weights() {}

    /// `n` weights, small whole multiples of powers of two.
    static byte[] bytes(DType type, int n) {
        ByteBuffer to = ByteBuffer.allocate((int) type.bytes(n)).order(ByteOrder.LITTLE_ENDIAN);
        SplittableRandom rng = new SplittableRandom(4);
        while (to.hasRemaining()) {
            switch (type) {
                case F32 -> to.putFloat(small(rng));
                case F16 -> to.putShort(Float.floatToFloat16(small(rng)));
                case BF16 -> to.putShort((short) (Float.floatToRawIntBits(small(rng)) >>> 16));
                case Q8_0 -> block(to, rng, 32, 0x1p-6f);
                case Q4_0 -> block(to, rng, 16, 0.25f);
                case Q4_1 -> block(to, rng, 16, 0.125f, -0.75f);
                default -> throw new IllegalArgumentException("weights: type is " + type);
            }
        }
        return to.array();
    }

    private static float small(SplittableRandom rng) {
        return rng.nextInt(-64, 65) / 32f;
    }

    /// A block of GGUF: its factors, one of three sizes, then `codes` random bytes.
    private static void block(ByteBuffer to, SplittableRandom rng, int codes, float... factors) {
        float size = 1 << rng.nextInt(3);
        for (float f : factors) to.putShort(Float.floatToFloat16(f / size));
        byte[] q = new byte[codes];
        rng.nextBytes(q);
        to.put(q);
    }
}
