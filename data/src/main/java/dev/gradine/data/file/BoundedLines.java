package dev.gradine.data.file;

import dev.gradine.data.DataException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/// Lines of a UTF-8 stream, none longer than a bound, whatever the stream unpacks to. Those of a table
/// go on behind a line end that stands in quotes.
final class BoundedLines {
    private final InputStream in;
    private final int maxBytes;
    private final boolean isTable;
    private final byte[] chunk = new byte[1 << 16];
    private int at;
    private int filled;
    private long before; // bytes of chunks before this one
    private boolean ended;
    private boolean quoted; // what comes next stands in quotes
    private boolean closed; // the last byte ended that
    private byte last = '\n';

    BoundedLines(InputStream in, int maxBytes) {
        this(in, maxBytes, false);
    }

    private BoundedLines(InputStream in, int maxBytes, boolean isTable) {
        this.in = in;
        this.maxBytes = maxBytes;
        this.isTable = isTable;
    }

    /// The records of comma-separated values.
    static BoundedLines ofTable(InputStream in, int maxBytes) {
        return new BoundedLines(in, maxBytes, true);
    }

    /// Bytes that the lines so far have taken, with their ends.
    long position() {
        return before + at;
    }

    boolean hasNext() throws IOException {
        if (at == filled && !ended) fill();
        return !ended;
    }

    /// The next line without its end.
    String next() throws IOException {
        var line = new ByteArrayOutputStream();
        while (hasNext()) {
            int end = at;
            while (end < filled && !ends(chunk[end])) end++;
            if (line.size() + (end - at) > maxBytes) {
                throw new DataException(
                        "line is longer than %d bytes%s".formatted(maxBytes, quoted ? " (a quote is not closed)" : ""));
            }
            line.write(chunk, at, end - at);
            at = end;
            if (end == filled) continue;
            at++;
            break;
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(line.toByteArray()))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new DataException("line is not UTF-8", e);
        }
    }

    /// Whether this byte, which comes next, ends the line. A quote begins a field in quotes or ends it;
    /// one that follows at once is a quote of the text, and the field goes on.
    private boolean ends(byte b) {
        if (isTable) {
            boolean opens = b == '"' && !quoted && (last == ',' || last == '\n' || closed);
            closed = b == '"' && quoted;
            quoted = opens || (quoted && !closed);
            last = b;
        }
        return b == '\n' && !quoted;
    }

    private void fill() throws IOException {
        before += filled;
        at = 0;
        filled = in.read(chunk);
        if (filled > 0) return;
        filled = 0;
        ended = true;
    }
}
