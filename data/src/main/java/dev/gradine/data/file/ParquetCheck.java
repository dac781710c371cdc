package dev.gradine.data.file;

import dev.gradine.data.DataException;
import dev.gradine.data.file.Thrift.Struct;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/// Checks what a Parquet file says of itself before the library believes it: that its pages lie in it,
/// one behind the other, are of a size that memory holds, and have as many values as their column is
/// said to. What the library allocates and how often it goes round depends on these numbers alone.
///
/// ```
/// file   = "PAR1" | pages | footer | bytes of the footer, 4 | "PAR1"
/// column = pages = (header | compressed bytes) …            Σ values of its data pages = values of the column
/// ```
///
/// Numbers of fields: `parquet.thrift` of the format, 2.11.
final class ParquetCheck {

    private static final int MAGIC = ByteBuffer.wrap("PAR1".getBytes(StandardCharsets.US_ASCII))
            .order(ByteOrder.LITTLE_ENDIAN)
            .getInt();
    private static final int TAIL = 8;
    private static final int LONGEST_FOOTER = 1 << 26;
    private static final int LONGEST_HEADER = 1 << 16; // with the least and greatest value of the page
    private static final int LONGEST_PAGE = 1 << 26; // bytes, unpacked
    private static final int MOST_VALUES = 1 << 24; // of a page
    private static final List<String> CODECS =
            List.of("none", "snappy", "gzip", "lzo", "brotli", "lz4", "zstd", "lz4_raw", "an unknown codec");
    private static final List<String> READ = List.of("none", "snappy", "gzip", "zstd");
    private static final int DATA = 0; // kinds of pages
    private static final int DICTIONARY = 2;
    private static final int DATA_2 = 3;
    private static final int SNAPPY = 1; // a codec
    private static final int VARINT = 10; // bytes of the longest
    private static final long SLACK = 1 << 16; // bytes that writers count otherwise

    private final FileChannel file;
    private final long end; // of the pages

    private ParquetCheck(FileChannel file, long end) {
        this.file = file;
        this.end = end;
    }

    /// Rows that lie together.
    ///
    /// @param begin of their bytes in the file
    /// @param end of their bytes at the latest
    record Group(long begin, long end, long rows) {}

    /// The groups of a file that holds what it says, in its order.
    ///
    /// @throws DataException if it does not
    static List<Group> groups(Path path) throws IOException {
        try (FileChannel file = FileChannel.open(path, StandardOpenOption.READ)) {
            long size = file.size();
            require(
                    size >= TAIL + Integer.BYTES
                            && bytes(file, 0, Integer.BYTES).getInt() == MAGIC,
                    "begins otherwise");
            ByteBuffer tail = bytes(file, size - TAIL, TAIL);
            long length = tail.getInt();
            require(tail.getInt() == MAGIC, "does not end as one does: it is not whole, or encrypted");
            long end = size - TAIL - length;
            require(length > 0 && length <= LONGEST_FOOTER && end >= Integer.BYTES, "has no footer of that length");
            Struct footer = new Thrift(bytes(file, end, (int) length)).struct();
            return new ParquetCheck(file, end).groups(footer);
        } catch (IllegalArgumentException e) {
            throw new DataException("is no Parquet file that can be read: " + e.getMessage(), e);
        }
    }

    private static void require(boolean fits, String otherwise) {
        if (!fits) throw new IllegalArgumentException(otherwise);
    }

    private static ByteBuffer bytes(FileChannel file, long at, int count) throws IOException {
        ByteBuffer out = ByteBuffer.allocate(count).order(ByteOrder.LITTLE_ENDIAN);
        while (out.hasRemaining() && file.read(out, at + out.position()) >= 0) {}
        return out.flip();
    }

    private List<Group> groups(Struct footer) throws IOException {
        long leaves = footer.all(2).stream().filter(element -> element.has(1)).count();
        List<Group> groups = new ArrayList<>();
        long at = Integer.BYTES;
        long rows = 0;
        for (Struct about : footer.all(4)) {
            Group group = group(about, leaves);
            require(group.begin() >= at, "has groups of rows in another order than they lie");
            if (group.rows() > 0) groups.add(group);
            at = group.end();
            rows += group.rows();
        }
        require(rows == footer.number(3), "says it has %d rows and has %d".formatted(footer.number(3), rows));
        return groups;
    }

    private Group group(Struct about, long leaves) throws IOException {
        long rows = about.number(3);
        require(rows >= 0, "has fewer than no rows");
        List<Struct> columns = about.all(1);
        require(columns.size() == leaves && leaves > 0, "has a group of rows without all columns");
        long begin = Long.MAX_VALUE;
        long stop = 0;
        for (Struct column : columns) {
            require(!column.has(1), "keeps a column in another file");
            Struct meta = column.inside(3);
            column(meta, rows);
            begin = Math.min(begin, begin(meta));
            stop = Math.max(stop, begin(meta) + meta.number(7));
        }
        return new Group(begin, stop, rows);
    }

    private static long begin(Struct column) {
        boolean hasDictionary = column.has(11) && column.number(11) > 0;
        return hasDictionary ? Math.min(column.number(11), column.number(9)) : column.number(9);
    }

    private void column(Struct about, long rows) throws IOException {
        long values = about.number(5);
        long unpacked = about.number(6);
        long at = begin(about);
        long left = about.number(7);
        String codec = CODECS.get(Math.clamp(about.number(4), 0, CODECS.size() - 1));
        require(
                READ.contains(codec),
                "is packed with %s, expected one of %s".formatted(codec, String.join(", ", READ)));
        require(values >= rows, "has a column of fewer values than rows");
        require(at >= Integer.BYTES && left >= 0 && left <= end - at, "has a column that lies elsewhere");
        long stop = at + left;
        while (at < stop) {
            ByteBuffer head = bytes(file, at, (int) Math.min(LONGEST_HEADER, stop - at));
            Struct page = new Thrift(head).struct();
            at += head.position();
            long packed = page.number(3);
            long size = page.number(2);
            require(packed >= 0 && packed <= stop - at, "has a page that goes on behind its column");
            require(size >= 0 && size <= LONGEST_PAGE, "has a page of %d bytes, too many".formatted(size));
            unpacked -= size;
            require(unpacked >= -SLACK, "has pages larger than their column");
            values -= values(page, size);
            if (about.number(4) == SNAPPY) snappy(page, at, packed, size);
            at += packed;
        }
        require(values == 0, "has a column of other pages than it says");
    }

    /// Values of a page that count among those of its column.
    private static long values(Struct page, long size) {
        int type = (int) page.number(1);
        Struct about = page.inside(type == DATA ? 5 : type == DICTIONARY ? 7 : 8);
        long values = about.number(1);
        long most = type == DICTIONARY ? size : MOST_VALUES;
        require(values >= 0 && values <= most, "has a page of %d values, too many".formatted(values));
        return type == DICTIONARY ? 0 : values;
    }

    /// Snappy's library writes as many bytes as its text begins with, whatever room there is.
    private void snappy(Struct page, long at, long packed, long size) throws IOException {
        long levels = 0; // stand before the text, not packed
        if (page.number(1) == DATA_2) {
            Struct about = page.inside(8);
            long definition = about.number(5);
            long repetition = about.number(6);
            levels = definition + repetition;
            boolean fits = definition >= 0 && repetition >= 0 && levels >= 0 && levels <= Math.min(packed, size);
            require(fits, "has a page of other levels than it says");
            if (levels == packed) return;
        }
        ByteBuffer begin = bytes(file, at + levels, (int) Math.min(VARINT, packed - levels));
        boolean isPacked = page.number(1) != DATA_2 || page.inside(8).flag(7, true);
        if (isPacked) require(new Thrift(begin).length() == size - levels, "has a page of another size than it says");
    }
}
