package dev.gradine.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Files and folders that appear whole or not at all.
///
/// The content goes to a hidden sibling `.NAME.PID-N.tmp`, reaches the disk, and only then takes the name it was meant
/// for. Whatever fails on the way, the sibling is removed and what stood under the name before is still there.
public final class AtomicFiles {

    private static final AtomicLong COUNT = new AtomicLong();
    private static final Pattern TEMPORARY = Pattern.compile("\\..+\\.(\\d{1,18})-\\d+\\.tmp");

    private AtomicFiles() {}

    /// Writes the bytes of one file.
    @FunctionalInterface
    public interface FileBody {
        /// Called once, with the file open.
        ///
        /// @param out takes part of a buffer at a time if it likes; see `writeFully`
        void writeTo(WritableByteChannel out) throws IOException;
    }

    /// Fills one folder.
    @FunctionalInterface
    public interface FolderBody {
        /// Called once.
        ///
        /// @param folder exists and is empty
        void fill(Path folder) throws IOException;
    }

    /// Writes UTF-8 text, as it is.
    ///
    /// @throws CheckpointException if it cannot be written; names the file and the cause
    public static void writeText(Path file, String text) {
        write(file, out -> writeFully(out, ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8))));
    }

    /// Writes a file, replacing one that is there.
    ///
    /// @throws CheckpointException if it cannot be written; names the file and the cause
    public static void write(Path file, FileBody body) {
        if (Files.isDirectory(file)) throw new CheckpointException(file, "is a folder, expected a file to write");
        if (Files.exists(file) && !Files.isRegularFile(file)) { // the move would put a file in the place of a device
            throw new CheckpointException(file, "is a device or pipe, expected a file to write");
        }
        Path temp = sibling(file);
        try {
            try (FileChannel out = FileChannel.open(temp, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                body.writeTo(out);
                out.force(true);
            }
            Files.move(temp, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw CheckpointException.of(file, "cannot be written", e);
        } finally {
            remove(temp);
        }
    }

    /// Builds a folder, in the place of none or an empty one.
    ///
    /// @throws CheckpointException if `folder` exists and is not empty, or something cannot be written
    public static void writeFolder(Path folder, FolderBody body) {
        requireFree(folder);
        Path temp = sibling(folder);
        try {
            Files.createDirectory(temp);
            body.fill(temp);
            Files.deleteIfExists(folder);
            Files.move(temp, folder, StandardCopyOption.ATOMIC_MOVE);
        } catch (CheckpointException e) { // of a file in it, which it names by a path that nobody asked for
            String message = String.valueOf(e.getMessage());
            if (!message.startsWith(temp.toString())) throw e;
            throw e.saying(folder + message.substring(temp.toString().length()));
        } catch (IOException e) {
            throw CheckpointException.of(folder, "cannot be written", e);
        } finally {
            remove(temp);
        }
    }

    /// Writes all of `bytes`: a channel may take less than it was given.
    ///
    /// @throws IOException as the channel does
    public static void writeFully(WritableByteChannel out, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) out.write(bytes);
    }

    /// Fails unless `folder` is absent or an empty folder: for a check before long work.
    ///
    /// @throws CheckpointException otherwise
    public static void requireFree(Path folder) {
        if (!Files.exists(folder)) return;
        if (!Files.isDirectory(folder)) throw new CheckpointException(folder, "is a file, expected a folder to write");
        try (Stream<Path> content = Files.list(folder)) {
            if (content.findAny().isPresent()) {
                throw new CheckpointException(folder, "the folder is not empty, expected a new or empty one");
            }
        } catch (IOException e) {
            throw CheckpointException.of(folder, "cannot be read", e);
        }
    }

    /// Removes what writers that no longer live have left in a folder: siblings that never took their name.
    public static void removeAbandoned(Path folder) {
        try (Stream<Path> content = Files.list(folder)) {
            content.filter(AtomicFiles::isAbandoned).forEach(AtomicFiles::remove);
        } catch (IOException e) {
            throw CheckpointException.of(folder, "cannot be read", e);
        }
    }

    private static boolean isAbandoned(Path file) {
        Matcher m = TEMPORARY.matcher(String.valueOf(file.getFileName()));
        if (!m.matches()) return false;
        long pid = Long.parseLong(m.group(1));
        return pid != ProcessHandle.current().pid()
                && ProcessHandle.of(pid).filter(ProcessHandle::isAlive).isEmpty();
    }

    /// A name beside `target` that nothing has: for work of which nothing may be left. What a process leaves
    /// there that
    /// was killed, `removeAbandoned` removes.
    ///
    /// @throws CheckpointException if `target` has no name, or its folder is not there
    public static Path sibling(Path target) {
        Path name = target.getFileName();
        if (name == null) throw new CheckpointException(target, "has no name, expected a file or folder to write");
        Path parent = target.toAbsolutePath().getParent();
        if (parent == null || !Files.isDirectory(parent)) {
            throw new CheckpointException(target, "the folder it should go to does not exist");
        }
        String temp = ".%s.%d-%d.tmp".formatted(name, ProcessHandle.current().pid(), COUNT.incrementAndGet());
        return target.resolveSibling(temp);
    }

    /// Removes a file or a folder with all that is in it, if it is there.
    ///
    /// Best effort: the error that led here says more than one from the clean-up would.
    public static void remove(Path temp) {
        if (!Files.exists(temp)) return;
        try {
            Files.walkFileTree(temp, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                    Files.delete(file);
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult postVisitDirectory(Path folder, @Nullable IOException e) throws IOException {
                    Files.delete(folder);
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (IOException _) {
            return;
        }
    }
}
