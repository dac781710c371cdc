package dev.gradine.io;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The checked table of contents of a `.safetensors` file.
///
/// @param end offset of the first value in the file
/// @param entries by name, in the order of the header
record SafetensorsHeader(long end, Map<String, Entry> entries, Map<String, String> metadata) {

    /// The format's own limit.
    static final long MAX_BYTES = 100_000_000;

    static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /// @param begin offset of the first byte, from the end of the header
    record Entry(TensorInfo info, SafetensorsType type, long begin) {}

    /// @param all the whole file
    static SafetensorsHeader read(Path file, MemorySegment all) {
        if (all.byteSize() < 8) {
            throw new CheckpointException(file, "%d bytes, expected at least 8".formatted(all.byteSize()));
        }
        long length = all.get(U64, 0);
        if (length < 0 || length > MAX_BYTES) {
            throw new CheckpointException(
                    file,
                    "header length is %s, expected at most %d".formatted(Long.toUnsignedString(length), MAX_BYTES));
        }
        if (length > all.byteSize() - 8) {
            throw new CheckpointException(
                    file, "header length is %d, but only %d bytes follow it".formatted(length, all.byteSize() - 8));
        }
        byte[] text = all.asSlice(8, length).toArray(ValueLayout.JAVA_BYTE);
        if (text.length == 0 || text[0] != '{') throw new CheckpointException(file, "header does not start with {");
        Map<String, Object> json = Json.parseObject(file + ": header", text);
        Parser parser = new Parser(file, all.byteSize() - 8 - length);
        SafetensorsHeader header = new SafetensorsHeader(8 + length, new LinkedHashMap<>(), new LinkedHashMap<>());
        json.forEach((name, value) -> {
            if (name.equals("__metadata__")) parser.metadata(value, header.metadata);
            else header.entries.put(name, parser.entry(name, value));
        });
        parser.requireFilled(header.entries.values());
        return header;
    }

    /// Checks one entry after the other against the `size` bytes of values.
    private record Parser(Path file, long size) {

        private CheckpointException fault(String name, String what) {
            return new CheckpointException(file, "tensor " + name + ": " + what);
        }

        /// As the format's own library reads it: null is none.
        void metadata(@Nullable Object value, Map<String, String> to) {
            if (value == null) return;
            if (!(value instanceof Map<?, ?> m)) {
                throw new CheckpointException(file, "__metadata__ is not an object of texts");
            }
            for (Map.Entry<?, ?> e : m.entrySet()) {
                if (!(e.getValue() instanceof String text)) {
                    throw new CheckpointException(file, "__metadata__: %s is not a text".formatted(e.getKey()));
                }
                to.put((String) e.getKey(), text);
            }
        }

        Entry entry(String name, Object value) {
            if (!(value instanceof Map<?, ?> m)) throw fault(name, "is not an object");
            if (m.size() != 3 || !m.keySet().containsAll(List.of("dtype", "shape", "data_offsets"))) {
                throw fault(
                        name,
                        "keys are %s, expected dtype, shape and data_offsets"
                                .formatted(Shown.of(List.copyOf(m.keySet()))));
            }
            if (!(m.get("dtype") instanceof String word) || !SafetensorsType.isKnown(word)) {
                throw fault(name, "dtype is %s, expected one of the format's".formatted(Shown.of(m.get("dtype"))));
            }
            SafetensorsType type = SafetensorsType.valueOf(word);
            List<Long> shape = longs(name, "shape", m.get("shape"));
            List<Long> offsets = longs(name, "data_offsets", m.get("data_offsets"));
            if (offsets.size() != 2)
                throw fault(name, "data_offsets are %s, expected two".formatted(Shown.of(offsets)));
            long begin = offsets.get(0);
            long end = offsets.get(1);
            if (begin < 0 || end < begin || end > size) {
                throw fault(name, "data_offsets are %s, expected a range within %d bytes".formatted(offsets, size));
            }
            long bits = Extents.values(file, name, shape) * type.bits();
            if (bits != (end - begin) * 8) {
                String expected = bits % 8 == 0 ? String.valueOf(bits / 8) : bits + " bits";
                throw fault(
                        name,
                        "data_offsets span %d bytes, expected %s for %s%s"
                                .formatted(end - begin, expected, type, shape));
            }
            return new Entry(new TensorInfo(name, word, shape, end - begin), type, begin);
        }

        List<Long> longs(String name, String key, @Nullable Object value) {
            if (!(value instanceof List<?> list)) throw fault(name, key + " is not a list");
            List<Long> longs = new ArrayList<>();
            for (Object o : list) {
                if (!(o instanceof Integer) && !(o instanceof Long)) {
                    throw fault(name, "%s is %s, expected whole numbers".formatted(key, Shown.of(list)));
                }
                longs.add(((Number) o).longValue());
            }
            return longs;
        }

        void requireFilled(Iterable<Entry> entries) {
            List<Entry> sorted = new ArrayList<>();
            entries.forEach(sorted::add);
            // An empty tensor may stand between two others that touch: it must come before the one it shares its start
            // with.
            sorted.sort(Comparator.comparingLong(Entry::begin)
                    .thenComparingLong(e -> e.info().bytes()));
            long at = 0;
            String before = "the header";
            for (Entry e : sorted) {
                String what = "starts at %d, expected %d, the end of %s".formatted(e.begin(), at, before);
                if (e.begin() < at) throw fault(e.info().name(), "overlaps: " + what);
                if (e.begin() > at) throw fault(e.info().name(), "leaves a gap: " + what);
                at += e.info().bytes();
                before = e.info().name();
            }
            if (at != size) {
                throw new CheckpointException(
                        file, "%d bytes of values, expected %d, the end of %s".formatted(size, at, before));
            }
        }
    }
}
