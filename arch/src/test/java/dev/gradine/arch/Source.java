package dev.gradine.arch;

import java.util.List;

/// One file as text.
///
/// @param path relative to the repository root, with `/`
/// @param text the whole content
record Source(String path, String text) {

    List<String> lines() {
        return text.lines().toList();
    }

    boolean isMain() {
        return path.contains("src/main/");
    }

    /// `Foo.java` of `a/b/Foo.java`.
    String fileName() {
        return path.substring(path.lastIndexOf('/') + 1);
    }

    /// `a/b` of `a/b/Foo.java`.
    String folder() {
        return path.substring(0, Math.max(0, path.lastIndexOf('/')));
    }
}
