package dev.gradine.cuda.driver;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;

/// JCuda's native libraries, in a folder that belongs to this user alone.
///
/// Left to itself, JCuda unpacks them to fixed names in the temp folder that all users share, and
/// loads whatever already lies there. It finds them by the property `java.io.tmpdir`, which is ours
/// while a library is being loaded.
public final class Natives {

    private static final String VERSION = "12.6.0";
    private static final String TEMP = "java.io.tmpdir";

    private Natives() {}

    /// Loads a library by touching its class for the first time.
    ///
    /// @param library such as `JCudaDriver`
    /// @param touch calls a method of that class
    public static synchronized void load(String library, Runnable touch) {
        String file = "lib" + library + "-" + VERSION + "-linux-x86_64.so";
        String before = System.getProperty(TEMP);
        System.setProperty(TEMP, unpack(file).toString());
        try {
            touch.run();
        } finally {
            System.setProperty(TEMP, before);
        }
    }

    /// The folder that has `file`. A whole file appears under its name or none, also when two
    /// processes start at once.
    private static Path unpack(String file) {
        try (InputStream in = Natives.class.getResourceAsStream("/lib/" + file)) {
            if (in == null) {
                throw new DeviceAbsentException(
                        "cuda: JCuda has no " + file + " on the class path, expected one for linux-x86_64");
            }
            byte[] library = in.readAllBytes();
            Path folder = folder();
            Path target = folder.resolve(file);
            if (Files.exists(target) && Files.size(target) == library.length) return folder;
            Path part = Files.createTempFile(folder, file, ".part");
            Files.write(part, library);
            Files.move(part, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            return folder;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// In the user's cache; where that cannot be written, a folder of this process.
    private static Path folder() throws IOException {
        var ours = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
        Path cache = UserCache.folder();
        try {
            Path folder = cache.resolve("jcuda-" + VERSION);
            Files.createDirectories(folder, ours);
            if (Files.isWritable(folder)) return folder;
        } catch (IOException e) {
            System.getLogger(Natives.class.getName())
                    .log(System.Logger.Level.DEBUG, "{0} cannot be used: {1}", cache, e.getMessage());
        }
        return Files.createTempDirectory("gradine-jcuda", ours);
    }
}
