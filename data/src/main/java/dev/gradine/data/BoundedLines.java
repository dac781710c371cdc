package dev.gradine.data;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/// Lines of a UTF-8 stream, none longer than a bound, whatever the stream unpacks to.
final class BoundedLines {
    private final InputStream in;
    private final int maxBytes;
    private final byte[] chunk = new byte[1 << 16];
    private int at;
    private int filled;
    private long before; // bytes of chunks before this one
    private boolean ended;

    BoundedLines(InputStream in, int maxBytes) {
        this.in = in;
        this.maxBytes = maxBytes;
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
            while (end < filled && chunk[end] != '\n') end++;
            if (line.size() + (end - at) > maxBytes) {
                throw new DataException("line is longer than " + maxBytes + " bytes");
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

    private void fill() throws IOException {
        before += filled;
        at = 0;
        filled = in.read(chunk);
        if (filled > 0) return;
        filled = 0;
        ended = true;
    }
}
