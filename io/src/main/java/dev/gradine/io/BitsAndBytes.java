package dev.gradine.io;

import dev.gradine.tensor.CodeTable;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Scales;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// Weights of four and of eight bits as bitsandbytes writes its `Linear4bit` and `Linear8bitLt`: several tensors of a
/// file, which are one here.
///
/// ```
/// W                                    codes, ⌈n / 2⌉ bytes under any type and shape
/// W.absmax                             F32 [blocks]; U8 [blocks] if the magnitudes are codes in their turn
/// W.quant_map                          F32 [16], the number of each code
/// W.nested_absmax, W.nested_quant_map  F32 [⌈blocks / 256⌉], F32 [256]: of the magnitudes' codes
/// W.quant_state.bitsandbytes__nf4      JSON in bytes: shape, block size and the magnitudes' offset; or …__fp4
///
/// M.weight                             codes, I8 [O,I]
/// M.SCB                                F32 [O], the largest magnitude of each row
/// M.weight_format                      0, for codes row by row; older files may lack it
/// ```
final class BitsAndBytes implements Assembled {

    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final String STATE = ".quant_state.bitsandbytes__";
    static final String ROWS = ".SCB";
    static final String FORMAT = ".weight_format";
    private static final List<String> PARTS = List.of("absmax", "quant_map", "nested_absmax", "nested_quant_map");

    private final WeightFile file;
    private final Map<String, DType> types; // by the weight's name

    private BitsAndBytes(WeightFile file, Map<String, DType> types) {
        this.file = file;
        this.types = types;
    }

    /// The weights of codes in a file; none in most.
    ///
    /// @throws CheckpointException if one is of a type that is none of these, or its codes are missing
    static BitsAndBytes of(WeightFile file) {
        Map<String, DType> types = new LinkedHashMap<>();
        for (String name : file.names()) {
            int at = name.indexOf(STATE);
            boolean isRows = name.endsWith(ROWS);
            if (at < 0 && !isRows) continue;
            DType type = isRows ? DType.INT8 : fourBit(name.substring(at + STATE.length()), name, file);
            String weight = isRows ? module(name, ROWS) + ".weight" : name.substring(0, at);
            if (!file.names().contains(weight)) {
                throw new CheckpointException(file.path(), "tensor %s: there is no %s".formatted(name, weight));
            }
            types.put(weight, type);
        }
        return new BitsAndBytes(file, types);
    }

    private static DType fourBit(String type, String name, WeightFile file) {
        return switch (type) {
            case "nf4" -> DType.NF4;
            case "fp4" -> DType.FP4;
            default ->
                throw new CheckpointException(
                        file.path(), "tensor %s: expected ...bitsandbytes__nf4 or __fp4".formatted(name));
        };
    }

    private static String module(String name, String end) {
        return name.substring(0, name.length() - end.length());
    }

    @Override
    public void rename(Map<String, StoredName> names) {
        types.forEach((weight, type) -> {
            if (type == DType.INT8) {
                names.remove(module(weight, ".weight") + ROWS);
                names.remove(module(weight, ".weight") + FORMAT);
                return;
            }
            for (String part : PARTS) names.remove(weight + "." + part);
            names.remove(state(weight, type));
        });
    }

    @Override
    public boolean has(String stored) {
        return types.containsKey(stored);
    }

    private static String state(String weight, DType type) {
        return weight + STATE + (type == DType.NF4 ? "nf4" : "fp4");
    }

    @Override
    public Tensor tensor(String name) {
        DType type = Objects.requireNonNull(types.get(name));
        try {
            return type == DType.INT8 ? rows(name) : new Weight(name, type, state(name)).tensor();
        } catch (CheckpointException e) {
            throw e;
        } catch (IllegalArgumentException e) { // of the tensor, which knows no file
            throw fault(name, String.valueOf(e.getMessage()));
        }
    }

    @Override
    public long values(TensorInfo t) {
        DType type = Objects.requireNonNull(types.get(t.name()));
        return type == DType.INT8
                ? t.values()
                : new Weight(t.name(), type, state(t.name())).shape().size();
    }

    /// A weight of eight bits.
    private Tensor rows(String name) {
        String module = module(name, ".weight");
        Tensor codes = file.tensor(name);
        if (codes.dtype() != DType.I8 || codes.shape().rank() != 2) {
            throw fault(name, "is %s beside %s, expected I8 of two axes".formatted(codes, module + ROWS));
        }
        Tensor largest = file.tensor(module + ROWS);
        if (largest.dtype() != DType.F32 || largest.shape().rank() != 1) {
            throw fault(
                    module + ROWS,
                    "is %s, expected F32[%d]".formatted(largest, codes.shape().dim(0)));
        }
        requireRowOrder(module + FORMAT);
        Scales scales = new Scales(largest, codes.shape().dim(1));
        return Tensor.coded(codes.codes(), DType.INT8, codes.shape(), scales);
    }

    private void requireRowOrder(String format) {
        if (!file.names().contains(format)) return;
        for (byte b : file.tensor(format).data().toArray(ValueLayout.JAVA_BYTE)) {
            if (b != 0) throw fault(format, "is %d, expected 0, which is codes row by row".formatted(b));
        }
    }

    private Map<String, Object> state(String weight) {
        String name = state(weight, Objects.requireNonNull(types.get(weight)));
        byte[] text = file.tensor(name).data().toArray(ValueLayout.JAVA_BYTE);
        return Json.parseObject(file.path() + ": tensor " + name, text);
    }

    private CheckpointException fault(String name, String what) {
        return new CheckpointException(file.path(), "tensor %s: %s".formatted(name, what));
    }

    /// One weight of four bits.
    private final class Weight {

        private final String name;
        private final DType type;
        private final Map<String, Object> state;

        private Weight(String name, DType type, Map<String, Object> state) {
            this.name = name;
            this.type = type;
            this.state = state;
            requireState("quant_type", type == DType.NF4 ? "nf4" : "fp4");
        }

        private Tensor tensor() {
            Shape shape = shape();
            requireMap("quant_map", type);
            int block = whole("blocksize");
            Tensor absmax = part("absmax");
            Scales scales = new Scales(absmax.dtype() == DType.U8 ? nested(absmax) : absmax, block);
            return Tensor.coded(file.tensor(name).codes(), type, shape, scales);
        }

        /// Magnitudes that are codes in their turn.
        private Tensor nested(Tensor codes) {
            requireMap("nested_quant_map", DType.DYNAMIC8);
            if (!(state.get("nested_offset") instanceof Number offset) || !Float.isFinite(offset.floatValue())) {
                throw wrong("nested_offset", "a finite number");
            }
            Scales scales = new Scales(part("nested_absmax"), whole("nested_blocksize"), offset.floatValue());
            return Tensor.coded(codes, DType.DYNAMIC8, codes.shape(), scales);
        }

        private Shape shape() {
            List<Long> dims = new ArrayList<>();
            if (!(state.get("shape") instanceof List<?> list)) throw wrong("shape", "a list of whole numbers");
            for (Object d : list) {
                if (!(d instanceof Integer i)) throw wrong("shape", "a list of whole numbers");
                dims.add((long) i);
            }
            long _ = Extents.values(file.path(), name, dims);
            return Extents.shape(file.path(), new TensorInfo(name, type.name(), dims, 0));
        }

        private int whole(String key) {
            if (state.get(key) instanceof Integer i) return i;
            throw wrong(key, "a whole number");
        }

        private void requireState(String key, String expected) {
            if (!expected.equals(state.get(key))) throw wrong(key, expected);
        }

        private CheckpointException wrong(String key, String expected) {
            return fault(
                    BitsAndBytes.state(name, type),
                    "%s is %s, expected %s"
                            .formatted(key, state.get(key) == null ? "null" : Shown.of(state.get(key)), expected));
        }

        private Tensor part(String part) {
            String whole = name + "." + part;
            if (!file.names().contains(whole)) throw fault(name, "there is no " + whole);
            return file.tensor(whole);
        }

        /// Fails unless the file's codes stand for the numbers that ours do.
        private void requireMap(String part, DType codes) {
            Tensor map = part(part);
            float[] expected = CodeTable.of(codes);
            if (map.dtype() != DType.F32 || map.size() != expected.length) {
                throw fault(name + "." + part, "is %s, expected F32[%d]".formatted(map, expected.length));
            }
            for (int i = 0; i < expected.length; i++) {
                float value = map.data().get(F32, 4L * i);
                if (value == expected[i]) continue; // 0 may have either sign
                throw fault(
                        name + "." + part,
                        "value %d is %s, expected %s, as codes of %s stand for"
                                .formatted(i, value, expected[i], codes));
            }
        }
    }
}
