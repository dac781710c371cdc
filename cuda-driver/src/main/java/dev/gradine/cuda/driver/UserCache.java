package dev.gradine.cuda.driver;

import java.nio.file.Path;

/// Files of this program that are the user's alone and belong to this machine.
public final class UserCache {

    private UserCache() {}

    /// Their folder, which need not exist yet.
    static Path folder() {
        String cache = System.getenv("XDG_CACHE_HOME");
        boolean isSet = cache != null && !cache.isEmpty();
        Path parent = isSet ? Path.of(cache) : Path.of(System.getProperty("user.home"), ".cache");
        return parent.resolve("gradine");
    }

    /// One of them, which need not exist yet.
    public static Path file(String name) {
        return folder().resolve(name);
    }
}
