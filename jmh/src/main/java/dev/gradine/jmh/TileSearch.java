package dev.gradine.jmh;

import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.tensor.cpu.PeakRate;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import jdk.incubator.vector.FloatVector;

/// Which tile of a matrix product runs best on this machine: writes one for every number of rows and of
/// vectors, compiles it, and times it with all its operands in the first-level cache.
///
/// ```
/// java @.mvn/java.flags -cp … dev.gradine.jmh.TileSearch
/// ```
///
/// `MicroKernel` holds the winners: 12 × 2 for AVX-512, 4 × 2 for AVX2.
public final class TileSearch {

    private static final int L = FloatVector.SPECIES_PREFERRED.length();
    private static final int MOST_ROWS = 16;
    private static final int MOST_VECTORS = 4;
    private static final int REGISTERS = L == 16 ? 32 : 16;
    private static final int PANEL = 6144; // values of b: 24 KB
    private static final int ROUNDS = 12;

    private TileSearch() {}

    /// `c[rows][vectors · L] += a[k][rows] · b[k][vectors · L]` by addresses of b and c.
    @FunctionalInterface
    public interface Tile {
        /// Multiplies once.
        void run(float[] a, long b, int k, long c);
    }

    /// Prints a table: rows down, vectors across, GFLOP/s as a share of the peak measured just before.
    public static void main(String[] args) throws IOException {
        Path dir = Files.createTempDirectory("tiles");
        try {
            CpuKernels.onOneThread(() -> {
                for (int vectors = 1; vectors <= MOST_VECTORS; vectors++) line(dir, vectors);
            });
        } finally {
            delete(dir);
        }
    }

    private static void line(Path dir, int vectors) {
        double peak = PeakRate.gflops();
        System.out.printf("%d vectors, peak %.0f:", vectors, peak);
        for (int rows = 1; rows <= MOST_ROWS && (rows + 1) * vectors < REGISTERS; rows++) {
            System.out.printf("  %d: %.0f %%", rows, 100 * rate(compiled(dir, rows, vectors), rows, vectors) / peak);
        }
        System.out.println();
    }

    private static double rate(Tile tile, int rows, int vectors) {
        int k = PANEL / (vectors * L);
        float[] a = new float[k * rows];
        double best = 0;
        try (Arena arena = Arena.ofConfined()) {
            long b = arena.allocate(4L * PANEL, 64).address();
            long c = arena.allocate(4L * rows * vectors * L, 64).address();
            int calls = 50_000_000 / (rows * PANEL);
            for (int round = 0; round < ROUNDS; round++) {
                long start = System.nanoTime();
                for (int i = 0; i < calls; i++) tile.run(a, b, k, c);
                best = Math.max(best, 2.0 * calls * rows * PANEL / (System.nanoTime() - start));
            }
        }
        return best;
    }

    private static Tile compiled(Path dir, int rows, int vectors) {
        String name = "Tile%dx%d".formatted(rows, vectors);
        try {
            Path source = Files.writeString(dir.resolve(name + ".java"), source(name, rows, vectors));
            String[] options = {
                "--add-modules=jdk.incubator.vector",
                "-Xlint:none",
                "-proc:none",
                "-nowarn",
                "-cp",
                System.getProperty("java.class.path"),
                "-d",
                dir.toString(),
                source.toString()
            };
            int code = ToolProvider.getSystemJavaCompiler().run(null, null, System.err, options);
            if (code != 0) throw new IllegalStateException(name + ": javac ended with " + code);
            URL[] classes = {dir.toUri().toURL()};
            URLClassLoader loader = new URLClassLoader(classes, Tile.class.getClassLoader());
            return (Tile) loader.loadClass(name).getDeclaredConstructor().newInstance();
        } catch (IOException e) {
            throw new UncheckedIOException(name, e);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(name, e);
        }
    }

    /// A class like `MicroKernel`'s methods: every sum is a local variable, for in an array they would be objects.
    private static String source(String name, int rows, int vectors) {
        StringBuilder start = new StringBuilder();
        StringBuilder loads = new StringBuilder();
        StringBuilder sums = new StringBuilder();
        StringBuilder end = new StringBuilder();
        for (int v = 0; v < vectors; v++) {
            loads.append("FloatVector b%d = FloatVector.fromMemorySegment(S, M, b + %dL * p + %d, LE);%n"
                    .formatted(v, 4 * L * vectors, 4 * L * v));
        }
        for (int r = 0; r < rows; r++) {
            sums.append("FloatVector a%d = FloatVector.broadcast(S, a[%d * p + %d]);%n".formatted(r, rows, r));
            for (int v = 0; v < vectors; v++) {
                int at = 4 * L * (r * vectors + v);
                start.append(
                        "FloatVector s%d_%d = FloatVector.fromMemorySegment(S, M, c + %d, LE);%n".formatted(r, v, at));
                sums.append("s%2$d_%1$d = a%2$d.fma(b%1$d, s%2$d_%1$d);%n".formatted(v, r));
                end.append("s%d_%d.intoMemorySegment(M, c + %d, LE);%n".formatted(r, v, at));
            }
        }
        return """
            import java.lang.foreign.MemorySegment;
            import java.nio.ByteOrder;
            import jdk.incubator.vector.*;

            public final class %s implements dev.gradine.jmh.TileSearch.Tile {
                static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;
                static final MemorySegment M = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);
                static final ByteOrder LE = ByteOrder.LITTLE_ENDIAN;

                public void run(float[] a, long b, int k, long c) {
                    %s
                    for (int p = 0; p < k; p++) {
                        %s
                        %s
                    }
                    %s
                }
            }
            """.formatted(name, start, loads, sums, end);
    }

    private static void delete(Path dir) throws IOException {
        try (Stream<Path> files = Files.list(dir)) {
            for (Path file : files.toList()) Files.delete(file);
        }
        Files.delete(dir);
    }
}
