package dev.gradine.io;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/// A file of PyTorch's, such as `pytorch_model.bin`: a zip archive of values, and a pickle that says which tensor they
/// are. Nothing of it is run: see `TorchPickle`.
///
/// ```
/// NAME/data.pkl     {"model.norm.weight": tensor(storage "0", offset, sizes, strides), …}
/// NAME/data/0       the values
/// NAME/byteorder    little
/// ```
public final class TorchFile implements WeightFile {

    private static final int LONGEST_PROGRAM = 1 << 28; // bytes

    private final Path path;
    private final Map<String, MemorySegment> parts;
    private final Map<String, TorchPickle.View> views;

    private TorchFile(Path path, Map<String, MemorySegment> parts, Map<String, TorchPickle.View> views) {
        this.path = path;
        this.parts = parts;
        this.views = views;
    }

    /// Maps the file and checks where each tensor lies.
    ///
    /// @param arena keeps the map: tensors must not outlive it
    /// @throws CheckpointException names the file, the tensor and what is wrong with it, or what would be called
    public static TorchFile open(Path file, Arena arena) {
        Map<String, MemorySegment> parts = TorchZip.parts(file, MappedFile.map(file, arena));
        MemorySegment program = parts.get("data.pkl");
        if (program == null)
            throw new CheckpointException(file, "is a zip archive without data.pkl, expected one of torch.save");
        if (program.byteSize() > LONGEST_PROGRAM) {
            throw new CheckpointException(
                    file, "data.pkl has %d bytes, expected at most 2^28".formatted(program.byteSize()));
        }
        MemorySegment order = parts.get("byteorder");
        if (order != null && !text(order).equals("little")) {
            throw new CheckpointException(file, "byteorder is %s, expected little".formatted(Shown.of(text(order))));
        }
        Object value = TorchPickle.read(file, program.toArray(ValueLayout.JAVA_BYTE));
        if (!(value instanceof Map<?, ?> map)) throw new CheckpointException(file, "holds no table of tensors");
        Map<String, TorchPickle.View> views = new LinkedHashMap<>();
        map.forEach((name, v) -> {
            if (!(v instanceof TorchPickle.View view)) {
                throw new CheckpointException(
                        file,
                        "%s is no tensor, expected a table of tensors alone, as state_dict() gives it"
                                .formatted(Shown.of(name)));
            }
            views.put((String) name, view);
        });
        TorchFile all = new TorchFile(file, parts, views);
        views.keySet().forEach(all::requirePlace);
        return all;
    }

    private static String text(MemorySegment part) {
        return new String(
                        part.asSlice(0, Math.min(16, part.byteSize())).toArray(ValueLayout.JAVA_BYTE),
                        StandardCharsets.UTF_8)
                .strip();
    }

    /// The same type in safetensors; of what is not loaded one that is not, either.
    private static SafetensorsType type(String storage) {
        return switch (storage) {
            case "FloatStorage" -> SafetensorsType.F32;
            case "HalfStorage" -> SafetensorsType.F16;
            case "BFloat16Storage" -> SafetensorsType.BF16;
            case "DoubleStorage" -> SafetensorsType.F64;
            case "LongStorage" -> SafetensorsType.I64;
            case "IntStorage" -> SafetensorsType.I32;
            case "ShortStorage" -> SafetensorsType.I16;
            case "CharStorage" -> SafetensorsType.I8;
            case "ByteStorage" -> SafetensorsType.U8;
            default -> SafetensorsType.BOOL;
        };
    }

    private void requirePlace(String name) {
        TorchPickle.View v = entry(name);
        long values = Extents.values(path, name, v.sizes());
        MemorySegment part = parts.get("data/" + v.storage().key());
        if (part == null)
            throw fault(name, "there is no data/" + Shown.of(v.storage().key()));
        int width = type(v.storage().type()).bits() / 8;
        long there = part.byteSize() / width;
        if (v.offset() < 0 || values > there || v.offset() > there - values) {
            throw fault(name, "%d values from %d on, but only %d are there".formatted(values, v.offset(), there));
        }
        long step = 1;
        for (int i = v.sizes().size() - 1; i >= 0; i--) {
            if (v.strides().size() != v.sizes().size()
                    || (v.sizes().get(i) != 1 && v.strides().get(i) != step)) {
                throw fault(
                        name,
                        "has strides %s for %s, expected row after row; save it again after .contiguous()"
                                .formatted(v.strides(), v.sizes()));
            }
            step *= v.sizes().get(i);
        }
    }

    private TorchPickle.View entry(String name) {
        TorchPickle.View v = views.get(name);
        if (v == null) throw new CheckpointException(path, "no tensor " + name);
        return v;
    }

    private CheckpointException fault(String name, String what) {
        return new CheckpointException(path, "tensor %s: %s".formatted(name, what));
    }

    @Override
    public Path path() {
        return path;
    }

    @Override
    public String format() {
        return "PyTorch";
    }

    @Override
    public List<TensorInfo> tensors() {
        return views.keySet().stream().map(this::info).toList();
    }

    private TensorInfo info(String name) {
        TorchPickle.View v = entry(name);
        SafetensorsType type = type(v.storage().type());
        return new TensorInfo(name, type.name(), v.sizes(), Extents.product(v.sizes()) * type.bits() / 8);
    }

    @Override
    public Set<String> names() {
        return Collections.unmodifiableSet(views.keySet());
    }

    @Override
    public Tensor tensor(String name) {
        TorchPickle.View v = entry(name);
        SafetensorsType type = type(v.storage().type());
        if (!type.isLoadable()) {
            throw fault(
                    name,
                    "type is %s, expected one of floats of 16 or 32 bits or integers"
                            .formatted(v.storage().type()));
        }
        DType dtype = type.dtype();
        TensorInfo info = info(name);
        MemorySegment part =
                Objects.requireNonNull(parts.get("data/" + v.storage().key()));
        return new Tensor(
                part.asSlice(v.offset() * dtype.blockBytes(), info.bytes()), dtype, Extents.shape(path, info));
    }
}
