package dev.gradine.data.file;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;

/// The text of a file without what stands around it: unpacked, and without byte order mark.
///
/// @param in can go back by as many bytes as a mark says
/// @param skipped bytes of the unpacked file before those of `in`
record PlainBytes(InputStream in, int skipped) {

    private static final int CHUNK = 1 << 16;

    /// Opens a file; the caller closes `in`.
    static PlainBytes of(Path file) throws IOException {
        InputStream raw = Files.newInputStream(file);
        try {
            BufferedInputStream maybe = new BufferedInputStream(raw, CHUNK);
            InputStream in =
                    isPacked(maybe) ? new BufferedInputStream(new GZIPInputStream(maybe, CHUNK), CHUNK) : maybe;
            in.mark(3);
            boolean mark = in.read() == 0xEF && in.read() == 0xBB && in.read() == 0xBF;
            if (!mark) in.reset();
            return new PlainBytes(in, mark ? 3 : 0);
        } catch (IOException e) {
            raw.close();
            throw e;
        }
    }

    /// Whether a file is packed with gzip.
    static boolean isPacked(Path file) throws IOException {
        try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 2)) {
            return isPacked(in);
        }
    }

    private static boolean isPacked(InputStream in) throws IOException {
        in.mark(2);
        boolean packed = in.read() == 0x1F && in.read() == 0x8B;
        in.reset();
        return packed;
    }
}
