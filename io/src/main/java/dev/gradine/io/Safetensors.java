package dev.gradine.io;

import dev.gradine.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// One `.safetensors` file.
///
/// ```
/// u64 N (little-endian) | N bytes of JSON | values
/// {"NAME": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, "__metadata__": {"KEY": "TEXT"}}
/// ```
///
/// Offsets count from the first byte after the header. The tensors must fill the rest of the file exactly: no gap, no
/// overlap, nothing behind the last. They need not be aligned.
public final class Safetensors implements WeightFile {

    /// What PyTorch's readers look for, and therefore what we write.
    public static final Map<String, String> METADATA = Map.of("format", "pt");

    private final Path path;
    private final MemorySegment values;
    private final SafetensorsHeader header;

    private Safetensors(Path path, MemorySegment values, SafetensorsHeader header) {
        this.path = path;
        this.values = values;
        this.header = header;
    }

    /// Maps the file and checks all of its header.
    ///
    /// @param arena keeps the map: tensors must not outlive it
    /// @throws CheckpointException names the file, the tensor and what is wrong with it
    public static Safetensors open(Path file, Arena arena) {
        MemorySegment all = MappedFile.map(file, arena);
        SafetensorsHeader header = SafetensorsHeader.read(file, all);
        return new Safetensors(file, all.asSlice(header.end()), header);
    }

    /// Writes tensors in host memory, with the metadata `{"format": "pt"}`. See `SafetensorsWriter`.
    ///
    /// @throws CheckpointException if a type has no place in the format, or the file cannot be written
    public static void write(Path file, Map<String, Tensor> tensors) {
        List<TensorSource> sources = new ArrayList<>();
        tensors.forEach((name, t) -> sources.add(TensorSource.of(name, t)));
        write(file, METADATA, sources);
    }

    /// Writes one tensor after the other, the widest types first and by name among equals.
    ///
    /// @param metadata texts for `__metadata__`, left out if empty
    /// @throws CheckpointException if a name comes twice, a type has no place in the format, a source gives
    ///     other values than it said, or the file cannot be written; nothing is left behind then
    public static void write(Path file, Map<String, String> metadata, Collection<TensorSource> tensors) {
        SafetensorsWriter writer = new SafetensorsWriter(file, metadata, tensors);
        AtomicFiles.write(file, writer::writeTo);
    }

    /// The texts under `__metadata__`; empty if there are none.
    public Map<String, String> metadata() {
        return header.metadata();
    }

    @Override
    public Path path() {
        return path;
    }

    @Override
    public String format() {
        return "safetensors";
    }

    @Override
    public List<TensorInfo> tensors() {
        return header.entries().values().stream()
                .map(SafetensorsHeader.Entry::info)
                .toList();
    }

    @Override
    public Set<String> names() {
        return Collections.unmodifiableSet(header.entries().keySet());
    }

    @Override
    public Tensor tensor(String name) {
        SafetensorsHeader.Entry e = header.entries().get(name);
        if (e == null) throw new CheckpointException(path, "no tensor " + name);
        if (!e.type().isLoadable()) {
            throw new CheckpointException(
                    path,
                    "tensor %s: dtype is %s, expected F32, F16, BF16, I64, I32, I16, I8 or U8"
                            .formatted(name, e.type()));
        }
        MemorySegment slice = values.asSlice(e.begin(), e.info().bytes());
        return new Tensor(slice, e.type().dtype(), Extents.shape(path, e.info()));
    }
}
