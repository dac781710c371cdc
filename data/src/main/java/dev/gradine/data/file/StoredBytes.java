package dev.gradine.data.file;

import java.io.IOException;
import java.nio.ByteBuffer;

/// Bytes that can be read anywhere.
interface StoredBytes {
    /// Fills a buffer with the bytes from a place on.
    void read(ByteBuffer into, long at) throws IOException;
}
