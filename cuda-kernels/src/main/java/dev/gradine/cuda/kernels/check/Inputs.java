package dev.gradine.cuda.kernels.check;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.Function;

/// The tensors of one case on one device, for as long as the case runs.
///
/// Data, that is activations and their gradients, have the type of the case; on the reference device they are f32 with
/// the same values rounded to that type, since the CPU computes in f32 alone.
public final class Inputs implements AutoCloseable {

    private static final float[] SPECIAL = {0, -0f, 1e-30f, -1e-30f, 3, -3, 1, 1};

    private final Kernels kernels;
    private final Arena host = Arena.ofShared();
    private final DType type;
    private final boolean reference;

    private Inputs(Kernels kernels, DType type, boolean reference) {
        this.kernels = kernels;
        this.type = type;
        this.reference = reference;
    }

    /// Tensors of a step of `device`.
    static Inputs on(Kernels device, DType type) {
        return new Inputs(device.openStep(), type, false);
    }

    /// Tensors of a step of the CPU, rounded to `type`.
    static Inputs reference(Kernels cpu, DType type) {
        return new Inputs(cpu.openStep(), type, true);
    }

    /// The device, or rather a step of it.
    public Kernels kernels() {
        return kernels;
    }

    /// Type of the case's data, also on the reference device.
    public DType type() {
        return type;
    }

    /// Data of random values in (−2, 2), with zeros, tiny values and ties among them.
    public Tensor data(long seed, int... dims) {
        return data(Shape.of(dims), random(seed, Shape.of(dims).size()));
    }

    /// Data of the given values.
    public Tensor data(Shape shape, float... values) {
        Tensor exact = Tensor.of(host, shape, values);
        if (type == DType.F32) return kernels.fromHost(exact);
        for (int i = 0; i < values.length; i++) values[i] = toBf16(values[i]);
        if (reference) return kernels.fromHost(Tensor.of(host, shape, values));
        Tensor t = Tensor.zeros(host, type, shape);
        for (int i = 0; i < values.length; i++) {
            t.data().set(ValueLayout.JAVA_SHORT, 2L * i, (short) (Float.floatToRawIntBits(values[i]) >>> 16));
        }
        return kernels.fromHost(t);
    }

    /// Rounded to the nearest bf16, ties to even.
    private static float toBf16(float x) {
        int bits = Float.floatToRawIntBits(x);
        return Float.intBitsToFloat((bits + 0x7fff + ((bits >>> 16) & 1)) & 0xffff0000);
    }

    /// f32, whatever the type of the case, of random values in (−2, 2).
    public Tensor single(long seed, int... dims) {
        return single(Shape.of(dims), random(seed, Shape.of(dims).size()));
    }

    /// f32, whatever the type of the case.
    public Tensor single(Shape shape, float... values) {
        return kernels.fromHost(Tensor.of(host, shape, values));
    }

    /// i32 of the given values.
    public Tensor ints(int... values) {
        return kernels.fromHost(Tensor.of(host, Shape.of(values.length), values));
    }

    /// Values of any type, as `bytes` hold them.
    public Tensor raw(DType dtype, Shape shape, byte... bytes) {
        Tensor t = Tensor.zeros(host, dtype, shape);
        t.data().copyFrom(MemorySegment.ofArray(bytes));
        return kernels.fromHost(t);
    }

    /// What `make` makes in host memory, such as codes with scales.
    public Tensor made(Function<Arena, Tensor> make) {
        return kernels.fromHost(make.apply(host));
    }

    /// A frozen tensor of any real type: random bytes, but scales of blocks and exponents of floats near 1.
    public Tensor real(long seed, DType dtype, Shape shape) {
        Tensor t = Tensor.zeros(host, dtype, shape);
        MemorySegment bytes = t.data();
        SplittableRandom rng = new SplittableRandom(seed);
        for (long i = 0; i < bytes.byteSize(); i++) bytes.set(ValueLayout.JAVA_BYTE, i, (byte) rng.nextInt());
        int stride = dtype.blockBytes();
        for (long at = 0; at < bytes.byteSize(); at += stride) {
            switch (dtype) {
                case F32 -> soften(bytes, at + 2, 0x3f80, 0x807f);
                case BF16 -> soften(bytes, at, 0x3f80, 0x807f);
                case F16 -> soften(bytes, at, 0x3000, 0x87ff);
                case MXFP4 -> bytes.set(ValueLayout.JAVA_BYTE, at, (byte) rng.nextInt(120, 128));
                case NF4, FP4, DYNAMIC8, INT8, F8_E4M3, F8_E5M2 ->
                    throw new IllegalArgumentException("inputs: " + dtype + " needs scales; quantise F32 values");
                case I64, I32, I16, I8, U8 ->
                    throw new IllegalArgumentException("inputs: " + dtype + " is no real type");
                default -> {
                    for (int half : dtype.halves()) soften(bytes, at + half, 0x3000, 0x87ff);
                }
            }
        }
        return kernels.fromHost(t);
    }

    /// Gives the upper half of a float the exponent `fixed` and keeps its bits in `random`.
    private static void soften(MemorySegment bytes, long at, int fixed, int random) {
        int bits = (bytes.get(ValueLayout.JAVA_SHORT_UNALIGNED, at) & random) | fixed;
        bytes.set(ValueLayout.JAVA_SHORT_UNALIGNED, at, (short) bits);
    }

    /// Data to be written: NaN before, so that what was left out shows.
    public Tensor out(int... dims) {
        float[] nan = new float[Shape.of(dims).size()];
        Arrays.fill(nan, Float.NaN);
        return data(Shape.of(dims), nan);
    }

    /// f32 to be written: NaN before.
    public Tensor outSingle(int... dims) {
        float[] nan = new float[Shape.of(dims).size()];
        Arrays.fill(nan, Float.NaN);
        return single(Shape.of(dims), nan);
    }

    /// i32 to be written: −1 before.
    public Tensor outInts(int n) {
        int[] none = new int[n];
        Arrays.fill(none, -1);
        return ints(none);
    }

    /// `n` values in (−2, 2) with some special ones strewn in.
    public static float[] random(long seed, int n) {
        SplittableRandom rng = new SplittableRandom(seed);
        float[] x = new float[n];
        for (int i = 0; i < n; i++) x[i] = (float) rng.nextDouble(-2, 2);
        int stride = Math.max(1, n / SPECIAL.length);
        int first = Math.floorMod((int) seed, SPECIAL.length);
        for (int i = 0; i < SPECIAL.length && i * stride + 1 < n; i++) {
            x[i * stride + 1] = SPECIAL[(first + i) % SPECIAL.length];
        }
        return x;
    }

    /// `n` indices in [0, limit).
    public static int[] indices(long seed, int n, int limit) {
        return new SplittableRandom(seed).ints(n, 0, limit).toArray();
    }

    /// The values, whole numbers as floats too.
    float[] download(Tensor t) {
        if (t.dtype() != DType.I32) return kernels.download(t);
        int[] ints = kernels.downloadInts(t);
        float[] values = new float[ints.length];
        for (int i = 0; i < ints.length; i++) values[i] = ints[i];
        return values;
    }

    @Override
    public void close() {
        kernels.close();
        host.close();
    }
}
