package dev.gradine.cli;

import java.nio.file.Files;
import java.nio.file.Path;

/// The folder of the sources, for commands that read or write there: the launcher says where it is.
final class Project {

    private Project() {}

    /// The folder.
    ///
    /// @throws IllegalArgumentException if the program runs from a bundle, which has no sources
    static Path root() {
        Path root = Path.of(System.getProperty("gradine.home", ""));
        if (!Files.exists(root.resolve("cuda-kernels").resolve("pom.xml"))) {
            throw new IllegalArgumentException(
                    "this command needs the sources, expected to be started by ./gradine there");
        }
        return root;
    }
}
