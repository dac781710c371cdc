package dev.gradine.cli.doctor;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.SplittableRandom;

/// How much a disk holds, and how fast it is, measured with a file that is written, forced to the disk and read back.
public final class DiskCheck {

    private static final int MEGABYTES = 64;
    private static final int CHUNK = 1 << 20;
    private static final long LEAST = 100L << 20;
    private static final long LITTLE = 5L << 30;
    private static final double SLOW = 50; // MB/s: a merged model of 1 GB takes 20 seconds

    private DiskCheck() {}

    /// Room and speed of the disk that a folder is on.
    ///
    /// @param folder where the file is written, and removed again
    public static Finding of(Path folder) {
        return of(folder, MEGABYTES);
    }

    static Finding of(Path folder, int megabytes) {
        String what = folder.toAbsolutePath().normalize().toString();
        try {
            FileStore store = Files.getFileStore(folder);
            long free = store.getUsableSpace();
            String text = "%s (%s): %s free".formatted(what, store.type(), MemoryCheck.gigabytes(free));
            if (free < LEAST) {
                return Finding.prevents("disk", text, "no room for a run: free some, or work in another folder");
            }
            return measured(text, free, folder, (int) Math.min(megabytes, free / 2 / CHUNK));
        } catch (IOException e) {
            return Finding.hinders("disk", what + ": " + e, "no run can write here: work in another folder");
        }
    }

    private static Finding measured(String text, long free, Path folder, int megabytes) throws IOException {
        Path file = Files.createTempFile(folder, ".gradine-doctor", ".tmp");
        try {
            double write = written(file, megabytes);
            double read = read(file);
            String all = text
                    + "; a file of %d MB written at %.0f MB/s, read back at %.0f MB/s"
                            .formatted(megabytes, write, read);
            return judged(all, free, Math.min(write, read));
        } finally {
            Files.deleteIfExists(file);
        }
    }

    private static Finding judged(String text, long free, double speed) {
        if (free < LITTLE) {
            return Finding.hinders(
                    "disk",
                    text,
                    "room for small runs only: a merged model needs as much as the model, a checkpoint three times the"
                            + " adapter");
        }
        if (speed < SLOW) {
            return Finding.hinders(
                    "disk",
                    text,
                    "slow: checkpoints and merged models take long; use a local disk for --out, or"
                            + " --save-every 0");
        }
        return Finding.fine("disk", text);
    }

    /// Megabytes a second, of bytes that no file system can compress.
    private static double written(Path file, int megabytes) throws IOException {
        byte[] bytes = new byte[CHUNK];
        new SplittableRandom(1).nextBytes(bytes);
        long start = System.nanoTime();
        try (FileChannel out = FileChannel.open(file, StandardOpenOption.WRITE)) {
            for (int i = 0; i < megabytes; i++) {
                ByteBuffer chunk = ByteBuffer.wrap(bytes);
                while (chunk.hasRemaining()) out.write(chunk);
            }
            out.force(true);
        }
        return megabytes / seconds(start);
    }

    /// The system may have the bytes in memory still, where the next program to open them would find them, too.
    private static double read(Path file) throws IOException {
        ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK);
        long bytes = 0;
        long start = System.nanoTime();
        try (FileChannel in = FileChannel.open(file, StandardOpenOption.READ)) {
            for (int n = 0; n >= 0; n = in.read(chunk)) {
                bytes += n;
                chunk.clear();
            }
        }
        return bytes / (double) CHUNK / seconds(start);
    }

    private static double seconds(long start) {
        return Math.max(1, System.nanoTime() - start) * 1e-9;
    }
}
