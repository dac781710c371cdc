package dev.gradine.tensor.cpu;

/// The JDK's module with the Vector API, which the CPU kernels are made of. It is incubating, so a program has it only
/// if it is asked for when the JVM starts.
final class VectorModule {

    private static final String NAME = "jdk.incubator.vector";

    private VectorModule() {}

    /// Says which flag is missing, before a class of ours fails for want of one of the module's.
    ///
    /// @throws IllegalArgumentException if the module is not there
    static void require() {
        require(ModuleLayer.boot());
    }

    static void require(ModuleLayer modules) {
        if (modules.findModule(NAME).isPresent()) return;
        throw new IllegalArgumentException(
                "cpu: the module %s is missing, expected java --add-modules %s".formatted(NAME, NAME));
    }
}
