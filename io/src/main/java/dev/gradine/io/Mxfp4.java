package dev.gradine.io;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;

/// Weights of four bits as gpt-oss is published: numbers of e2m1 in groups of 32 with a power of two each (OCP
/// Microscaling Formats 1.0, section 5.3).
///
/// ```
/// X_blocks   u8 [..., R, C/32, 16]     value 2i of a group is the low nibble of byte i, value 2i + 1 the high one
/// X_scales   u8 [..., R, C/32]         2^(e − 127)
/// X          MXFP4 [..., R, C]         here: rows are outputs
/// ```
///
/// GGUF's blocks hold the same bits, the scale in front of its group and value i beside value i + 16: they are put in
/// that order once.
final class Mxfp4 implements Assembled {

    private static final String BLOCKS = "_blocks";
    private static final String SCALES = "_scales";
    private static final int BYTES = 16; // of codes

    private final WeightFile file;
    private final Arena arena;
    private final Set<String> weights;
    private final Map<String, Tensor> made = new ConcurrentHashMap<>();

    private Mxfp4(WeightFile file, Arena arena, Set<String> weights) {
        this.file = file;
        this.arena = arena;
        this.weights = weights;
    }

    /// The weights of such groups in a file; none in most.
    static Mxfp4 of(WeightFile file, Arena arena) {
        Set<String> weights = new LinkedHashSet<>();
        for (String name : file.names()) {
            if (!name.endsWith(BLOCKS)) continue;
            String weight = name.substring(0, name.length() - BLOCKS.length());
            if (file.names().contains(weight + SCALES)) weights.add(weight);
        }
        return new Mxfp4(file, arena, weights);
    }

    @Override
    public void rename(Map<String, StoredName> names) {
        for (String weight : weights) {
            names.remove(weight + BLOCKS);
            names.remove(weight + SCALES);
            names.put(weight, StoredName.as(weight + BLOCKS));
        }
    }

    @Override
    public boolean has(String stored) {
        return stored.endsWith(BLOCKS) && weights.contains(stored.substring(0, stored.length() - BLOCKS.length()));
    }

    @Override
    public long values(TensorInfo t) {
        return 2 * t.values();
    }

    @Override
    public Tensor tensor(String stored) {
        return made.computeIfAbsent(stored, this::make);
    }

    private Tensor make(String stored) {
        Tensor blocks = file.tensor(stored);
        Tensor scales = file.tensor(stored.substring(0, stored.length() - BLOCKS.length()) + SCALES);
        int[] extents = scales.shape().toArray();
        int[] expected = Arrays.copyOf(extents, extents.length + 1);
        expected[extents.length] = BYTES;
        boolean isBytes = blocks.dtype() == DType.U8 && scales.dtype() == DType.U8;
        if (!isBytes || extents.length == 0 || !blocks.shape().equals(Shape.of(expected))) {
            throw new CheckpointException(
                    file.path(),
                    "tensor %s: is %s, expected U8 with 16 bytes for each of %s".formatted(stored, blocks, scales));
        }
        MemorySegment to = arena.allocate(DType.MXFP4.bytes(32L * scales.size()), Tensor.ALIGNMENT);
        MemorySegment from = blocks.data();
        MemorySegment powers = scales.data();
        IntStream.range(0, scales.size()).parallel().forEach(b -> {
            long at = (long) b * (BYTES + 1);
            to.set(ValueLayout.JAVA_BYTE, at, powers.get(ValueLayout.JAVA_BYTE, b));
            for (int i = 0; i < BYTES; i++) {
                int both = nibble(from, b, i) | (nibble(from, b, i + BYTES) << 4);
                to.set(ValueLayout.JAVA_BYTE, at + 1 + i, (byte) both);
            }
        });
        extents[extents.length - 1] *= 2 * BYTES;
        return new Tensor(to, DType.MXFP4, Shape.of(extents));
    }

    private static int nibble(MemorySegment codes, int block, int i) {
        return (codes.get(ValueLayout.JAVA_BYTE, (long) block * BYTES + i / 2) >> (4 * (i % 2))) & 15;
    }
}
