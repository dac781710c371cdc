package dev.gradine.data;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import java.util.List;

/// Rows of a JSONL file that stays where it is: in memory there are the places of its lines alone, eight bytes each.
///
/// One pass reads every row, so that a row that cannot be used is told before the run; after that a row is read when it
/// is asked for.
final class IndexedRows {

    private final Path file;
    private final RowParser parser = new RowParser();
    private final long bytes;
    private final FileTime changed;
    private long[] places = new long[1024]; // where lines begin; then where the last one ends
    private int count;

    private IndexedRows(Path file) throws IOException {
        this.file = file;
        bytes = Files.size(file);
        changed = Files.getLastModifiedTime(file);
    }

    /// The rows of a file with a value on each line.
    ///
    /// @throws IOException if it cannot be read
    /// @throws DataException naming file, row and field, if a row is not what it must be or there is none
    static List<Row> of(Path file) throws IOException {
        IndexedRows rows = new IndexedRows(file);
        try (InputStream in = new BufferedInputStream(Files.newInputStream(file))) {
            rows.index(in, RowFile.skipByteOrderMark(in));
        }
        if (rows.count == 0) throw new DataException(rows.name() + ": has no rows, expected at least one");
        return MadeList.of(rows.count, rows::row);
    }

    private String name() {
        return String.valueOf(file.getFileName());
    }

    private void index(InputStream in, int from) throws IOException {
        BoundedLines lines = new BoundedLines(in, RowFile.MAX_LINE);
        while (lines.hasNext()) {
            long begin = from + lines.position();
            String where = name() + ": row " + (count + 1);
            String line = RowFile.line(lines, where);
            if (line.isBlank()) continue;
            RowFile.parse(line, parser, where);
            if (count + 2 > places.length) places = Arrays.copyOf(places, 2 * places.length);
            places[count++] = begin;
            places[count] = from + lines.position();
        }
    }

    /// A line may be followed by blank ones, which belong to it here.
    private Row row(int i) {
        ByteBuffer line = ByteBuffer.allocate(Math.toIntExact(places[i + 1] - places[i]));
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            if (channel.size() != bytes || !Files.getLastModifiedTime(file).equals(changed)) {
                throw new DataException(name() + ": has changed while it was in use");
            }
            while (line.hasRemaining() && channel.read(line, places[i] + line.position()) >= 0) {}
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return RowFile.parse(new String(line.array(), StandardCharsets.UTF_8), parser, name() + ": row " + (i + 1));
    }
}
