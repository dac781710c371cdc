package dev.gradine.io;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Scales;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.CpuKernels;
import java.lang.foreign.Arena;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;

/// Weights of floating-point numbers of eight bits, and what they are multiplied by.
///
/// ```
/// W                F8_E4M3 or F8_E5M2 [O,I]
/// W_scale_inv      one number for each block of rows and columns, `[⌈O/R⌉, ⌈I/C⌉]`: R, C are `weight_block_size` of
///                  `quantization_config`, 128 and 128 in DeepSeek-V3 (arXiv:2412.19437, section 3.3); or as below
/// W_scale          one number, [] or [1], or one for each row, [O] or [O,1]
/// ```
///
/// Whatever its name says, the scale is a factor. A weight without one is as it lies. `M.input_scale` is
/// for activations of eight bits, which are f32 here: it is left out. In memory every row has scales of its
/// own, for as many values as the greatest power of two that blocks and rows are multiples of.
final class Fp8 implements Assembled {

    private static final List<String> SCALES = List.of("_scale_inv", "_scale");
    private static final String OF_ACTIVATIONS = ".input_scale";
    private static final int LARGEST_BLOCK = 4096;

    private final WeightFile file;
    private final Arena arena;
    private final Map<String, DType> types;
    private final int[] block;
    private final Map<String, Tensor> made = new ConcurrentHashMap<>();

    private Fp8(WeightFile file, Arena arena, Map<String, DType> types, int[] block) {
        this.file = file;
        this.arena = arena;
        this.types = types;
        this.block = block;
    }

    /// The weights of such numbers in a file; none in most.
    ///
    /// @param config of the model, whose `quantization_config` may tell the size of blocks
    static Fp8 of(WeightFile file, Map<String, Object> config, Arena arena) {
        Map<String, DType> types = new HashMap<>();
        for (TensorInfo t : file.tensors()) {
            switch (t.dtype()) {
                case "F8_E4M3" -> types.put(t.name(), DType.F8_E4M3);
                case "F8_E5M2" -> types.put(t.name(), DType.F8_E5M2);
                default -> {}
            }
        }
        return new Fp8(file, arena, types, blockSize(config));
    }

    private static int[] blockSize(Map<String, Object> config) {
        boolean told = config.get("quantization_config") instanceof Map<?, ?> q
                && q.get("weight_block_size") instanceof List<?> size
                && size.size() == 2
                && size.stream().allMatch(n -> n instanceof Integer i && i > 0);
        if (!told) return new int[] {128, 128};
        List<?> size = (List<?>) Objects.requireNonNull(
                ((Map<?, ?>) Objects.requireNonNull(config.get("quantization_config"))).get("weight_block_size"));
        return size.stream().mapToInt(n -> (Integer) n).toArray();
    }

    @Override
    public void rename(Map<String, StoredName> names) {
        for (String weight : types.keySet()) {
            for (String end : SCALES) names.remove(weight + end);
            if (weight.endsWith(".weight")) {
                names.remove(weight.substring(0, weight.length() - ".weight".length()) + OF_ACTIVATIONS);
            }
        }
    }

    @Override
    public boolean has(String stored) {
        return types.containsKey(stored);
    }

    @Override
    public long values(TensorInfo t) {
        return t.values();
    }

    @Override
    public Tensor tensor(String stored) {
        return made.computeIfAbsent(stored, this::make);
    }

    private Tensor make(String name) {
        Tensor codes = file.tensor(name);
        Shape shape = codes.shape();
        int columns = shape.rank() == 0 ? 1 : Math.max(1, shape.last());
        int rows = codes.size() / columns;
        String scaleName = scaleOf(name);
        float[] given = scaleName.isEmpty() ? new float[] {1} : numbers(scaleName);
        int[] of = scaleName.isEmpty() ? new int[] {Math.max(1, rows), columns} : grid(name, scaleName, rows, columns);
        int step = Math.min(Integer.lowestOneBit(columns), Math.min(LARGEST_BLOCK, Integer.lowestOneBit(of[1])));
        int perRow = columns / step;
        int across = Math.ceilDiv(columns, of[1]);
        float[] all = new float[rows * perRow];
        for (int row = 0; row < rows; row++) {
            for (int i = 0; i < perRow; i++) all[row * perRow + i] = given[row / of[0] * across + i * step / of[1]];
        }
        Scales scales = new Scales(Tensor.of(arena, Shape.of(all.length), all), step);
        return Tensor.coded(codes.codes(), Objects.requireNonNull(types.get(name)), shape, scales);
    }

    /// The name of a weight's scale; empty if it has none.
    private String scaleOf(String weight) {
        for (String end : SCALES) if (file.names().contains(weight + end)) return weight + end;
        return "";
    }

    /// Rows and columns that share a number.
    private int[] grid(String weight, String name, int rows, int columns) {
        int[] shape = file.tensor(name).shape().toArray();
        int size = file.tensor(name).size();
        int down = Math.ceilDiv(rows, block[0]);
        int across = Math.ceilDiv(columns, block[1]);
        if (size == 1) return new int[] {Math.max(1, rows), columns};
        if (shape.length == 2 && shape[0] == down && shape[1] == across) return block;
        if (size == rows && shape[0] == rows) return new int[] {1, columns};
        throw new CheckpointException(
                file.path(),
                "tensor %s: is %s, expected one number, [%d, %d] (blocks of %d x %d) or [%d, 1] for %s [%d, %d]"
                        .formatted(
                                name,
                                file.tensor(name),
                                down,
                                across,
                                block[0],
                                block[1],
                                rows,
                                weight,
                                rows,
                                columns));
    }

    private float[] numbers(String name) {
        Tensor t = file.tensor(name);
        if (!t.dtype().isFloat()) {
            throw new CheckpointException(
                    file.path(), "tensor %s: is %s, expected F32, F16 or BF16".formatted(name, t.dtype()));
        }
        try (Kernels run = CpuKernels.open()) {
            return run.download(t);
        }
    }
}
