package dev.gradine.io;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/// The parts of a zip archive that `torch.save` wrote: stored as they are, so that they are views of the mapped file.
///
/// Each place is read from the table at the end (APPNOTE.TXT 6.3.10, sections 4.3.12 to 4.3.16, with the 64-bit forms)
/// and lies within the file, or the file is refused.
final class TorchZip {

    private static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private static final int END = 0x06054b50;
    private static final int END_64 = 0x06064b50;
    private static final int END_64_LOCATOR = 0x07064b50;
    private static final int ENTRY = 0x02014b50;
    private static final int LOCAL = 0x04034b50;
    private static final int END_BYTES = 22;
    private static final int LONGEST_COMMENT = 0xffff;
    private static final long ELSEWHERE = 0xffff_ffffL; // the number stands in the 64-bit form

    private final Path file;
    private final MemorySegment all;

    private TorchZip(Path file, MemorySegment all) {
        this.file = file;
        this.all = all;
    }

    /// The parts by name, without the name of the folder that all of them are in.
    ///
    /// @throws CheckpointException if the archive is cut off, points outside itself, or compresses a part
    static Map<String, MemorySegment> parts(Path file, MemorySegment all) {
        try {
            return new TorchZip(file, all).read();
        } catch (IndexOutOfBoundsException _) { // of the segment, which every number of the file is checked by
            throw new CheckpointException(file, "zip archive points outside the file; it is cut off or damaged");
        }
    }

    private Map<String, MemorySegment> read() {
        long end = end();
        long count = u16(end + 10);
        long at = u32(end + 16);
        if (end >= 20 && u32(end - 20) == END_64_LOCATOR) {
            long end64 = all.get(U64, end - 20 + 8);
            if (u32(end64) != END_64) throw fault("has no end of its 64-bit table");
            count = all.get(U64, end64 + 32);
            at = all.get(U64, end64 + 48);
        }
        Map<String, MemorySegment> parts = new LinkedHashMap<>();
        for (long i = 0; i < count; i++) {
            if (u32(at) != ENTRY) throw fault("has no entry %d of %d".formatted(i, count));
            int name = u16(at + 28);
            int extra = u16(at + 30);
            add(parts, at, text(at + 46, name), at + 46 + name, extra);
            at += 46L + name + extra + u16(at + 32);
        }
        return parts;
    }

    /// Where the table's end is, behind which there may be a comment.
    private long end() {
        long first = Math.max(0, all.byteSize() - END_BYTES - LONGEST_COMMENT);
        for (long at = all.byteSize() - END_BYTES; at >= first; at--) if (u32(at) == END) return at;
        throw fault("has no table at its end; it is cut off");
    }

    private void add(Map<String, MemorySegment> parts, long entry, String name, long extra, int extraBytes) {
        long size = u32(entry + 24);
        long local = u32(entry + 42);
        for (long at = extra; at + 4 <= extra + extraBytes; at += 4L + u16(at + 2)) {
            if (u16(at) != 1) continue; // the 64-bit form: numbers that have no place in 32, in this order
            long next = at + 4;
            if (size == ELSEWHERE) {
                size = all.get(U64, next);
                next += 8;
            }
            if (u32(entry + 20) == ELSEWHERE) next += 8;
            if (local == ELSEWHERE) local = all.get(U64, next);
        }
        if (u16(entry + 10) != 0) throw fault("compresses %s, expected parts as they are".formatted(Shown.of(name)));
        if (u32(local) != LOCAL) throw fault("has no %s where its table says".formatted(Shown.of(name)));
        MemorySegment values = all.asSlice(local + 30 + u16(local + 26) + u16(local + 28), size);
        String inFolder = name.substring(name.indexOf('/') + 1);
        if (parts.put(inFolder, values) != null) throw fault("has %s twice".formatted(Shown.of(inFolder)));
    }

    private String text(long at, int bytes) {
        return new String(all.asSlice(at, bytes).toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
    }

    private int u16(long at) {
        return all.get(U16, at) & 0xffff;
    }

    private long u32(long at) {
        return all.get(U32, at) & 0xffff_ffffL;
    }

    private CheckpointException fault(String what) {
        return new CheckpointException(file, "zip archive " + what);
    }
}
