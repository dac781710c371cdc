package dev.gradine.eval.document;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/// Folders in which the files of tasks are looked for: in each folder itself first, then anywhere below
/// it.
///
/// @param folders in the order they are looked into; of a task file of the user's, its own folder comes
///     first
public record DataFolders(List<Path> folders) {

    private static final int DEPTH = 8;

    /// Copies the list.
    public DataFolders {
        folders = List.copyOf(folders);
    }

    /// The same with another folder before all.
    public DataFolders behind(Path first) {
        return new DataFolders(Stream.concat(Stream.of(first), folders.stream()).toList());
    }

    /// The file that ends in `name`.
    ///
    /// @throws TaskException if there is none, or several
    Path find(String task, String name) {
        for (Path folder : folders) {
            Path file = folder.resolve(name);
            if (Files.isRegularFile(file)) return file;
        }
        for (Path folder : folders) {
            List<Path> found = below(folder, name);
            if (found.size() == 1) return found.getFirst();
            if (found.size() > 1) {
                throw new TaskException(
                        task, "%s is there twice: %s and %s".formatted(name, found.get(0), found.get(1)));
            }
        }
        String where = folders.isEmpty() ? "give the folder it lies in" : "it is not in " + folders.getFirst();
        throw new TaskException(task, "needs the file " + name + ": " + where + " (--data-dir DIR)");
    }

    private static List<Path> below(Path folder, String name) {
        if (!Files.isDirectory(folder)) return List.of();
        try (Stream<Path> all = Files.find(folder, DEPTH, (p, a) -> a.isRegularFile() && p.endsWith(name))) {
            return all.sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
