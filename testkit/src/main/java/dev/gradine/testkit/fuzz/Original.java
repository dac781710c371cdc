package dev.gradine.testkit.fuzz;

import java.io.IOException;

/// A whole file that its reader takes, before it is changed.
public final class Original {

    private final byte[] file;
    private final String named;
    private final Reader reader;

    /// Reads a file.
    public interface Reader {
        /// Puts the bytes where the reader under test finds them and calls it. What that throws is thrown.
        void read(byte[] file) throws IOException;
    }

    /// @param file as it is before it is changed
    /// @param named how the message of a refusal begins: with the file or folder as the user knows it
    /// @param reader of what it becomes
    public Original(byte[] file, Object named, Reader reader) {
        this.file = file.clone();
        this.named = named.toString();
        this.reader = reader;
    }

    byte[] file() {
        return file.clone();
    }

    String named() {
        return named;
    }

    Reader reader() {
        return reader;
    }
}
