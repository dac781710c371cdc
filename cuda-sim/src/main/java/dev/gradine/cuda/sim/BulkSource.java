package dev.gradine.cuda.sim;

/// What the copy engine copies from or to global memory, as shared memory sees it: so many bytes in a row.
interface BulkSource {

    /// Its size in shared memory.
    int bytes();

    /// What its address in shared memory is a multiple of.
    int align();

    /// Reads it from global memory.
    ///
    /// @param at where it will lie in shared memory
    /// @param content its bytes from there on
    void read(int at, byte[] content);

    /// Writes it to global memory.
    ///
    /// @param at where it lies in shared memory
    void write(int at, byte[] shared);

    /// A run of bytes.
    ///
    /// @param access of the lane that copies it
    /// @param address in global memory
    record Run(EngineAccess access, long address, int bytes) implements BulkSource {

        private static final int PIECE = 16;

        @Override
        public int align() {
            return PIECE;
        }

        @Override
        public void read(int at, byte[] content) {
            Region region = access.read(address, bytes);
            System.arraycopy(region.bytes, (int) (address - region.base), content, 0, bytes);
        }

        @Override
        public void write(int at, byte[] shared) {
            Region region = access.write(address, bytes);
            System.arraycopy(shared, at, region.bytes, (int) (address - region.base), bytes);
        }
    }
}
