package dev.gradine.cuda.driver;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;

/// A function of the driver bound here, because JCuda lacks it or passes it something else.
final class DriverCall {

    private final String name;
    private final MethodHandle handle; // of an array of its arguments

    /// @param parameters as documented; what the driver calls a handle is a `long`
    @SuppressWarnings("restricted") // bound by the signature of its documentation
    DriverCall(String name, MemoryLayout... parameters) {
        this.name = name;
        SymbolLookup library = SymbolLookup.libraryLookup(Driver.LIBRARY, Arena.global());
        FunctionDescriptor signature = FunctionDescriptor.of(JAVA_INT, parameters);
        MethodHandle function = Linker.nativeLinker().downcallHandle(library.findOrThrow(name), signature);
        handle = function.asSpreader(Object[].class, parameters.length);
    }

    /// Calls it.
    ///
    /// @param what is being done, for the message
    /// @throws IllegalStateException with the driver's error
    void call(Object what, Object... arguments) {
        int code;
        try {
            code = (int) handle.invokeExact(arguments);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) { // a native function throws nothing
            throw new IllegalStateException(name, e);
        }
        if (code != 0) Driver.check(code, name + " of " + what);
    }
}
