package dev.gradine.arch;

/// How large things may be in one package.
///
/// @param fileLines lines of a file
/// @param methodLines lines of a method, annotations included
/// @param parameters of a method, a constructor or a record header
/// @param nesting blocks around a statement
record Limits(int fileLines, int methodLines, int parameters, int nesting) {

    /// A configuration is written by name and read one value at a time, so that its length costs less.
    static final int CONFIGURATION_PARAMETERS = 12;

    static final int LINE_WIDTH = 120;

    /// Kernels are loops over loops with strides and offsets, and the launch of a device takes what the kernel takes.
    static Limits of(String packageName, boolean main) {
        return switch (packageName) {
            case "dev.gradine.tensor.cpu", "dev.gradine.cuda.kernels" -> new Limits(400, 100, 9, main ? 5 : NO_LIMIT);
            case "dev.gradine.tensor.kernel" -> new Limits(400, 60, 9, main ? 3 : NO_LIMIT);
            default -> new Limits(400, 60, 6, main ? 3 : NO_LIMIT);
        };
    }

    private static final int NO_LIMIT = Integer.MAX_VALUE - 1;

    Limits withParameters(int most) {
        return new Limits(fileLines, methodLines, Math.max(parameters, most), nesting);
    }
}
