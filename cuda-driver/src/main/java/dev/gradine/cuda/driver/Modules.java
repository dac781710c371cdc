package dev.gradine.cuda.driver;

import dev.gradine.gpu.Kernel;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.function.UnaryOperator;
import jcuda.Pointer;
import jcuda.driver.CUfunction;
import jcuda.driver.CUfunction_attribute;
import jcuda.driver.CUjit_option;
import jcuda.driver.CUmodule;
import jcuda.driver.JCudaDriver;
import jcuda.driver.JITOptions;

/// The `.ptx` files on one GPU, each loaded when the first of its kernels is asked for.
final class Modules {

    private static final int LOG_BYTES = 16 << 10;
    private static final int DYNAMIC_SHARED_BYTES = 48 << 10; // more must be asked for, kernel by kernel

    /// A kernel that can be launched.
    static final class Function {
        private final Handle handle = new Handle();
        private final Signatures signatures;
        private int sharedBytes = DYNAMIC_SHARED_BYTES;

        private Function(Signatures signatures) {
            this.signatures = signatures;
        }

        CUfunction handle() {
            return handle;
        }

        /// The driver's handle.
        long address() {
            return handle.address();
        }

        Signatures signatures() {
            return signatures;
        }

        /// Lets a block have this much dynamic shared memory.
        void allowShared(int bytes, Object what) {
            if (bytes <= sharedBytes) return;
            int attribute = CUfunction_attribute.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES;
            Driver.check(JCudaDriver.cuFuncSetAttribute(handle, attribute, bytes), what);
            sharedBytes = bytes;
        }
    }

    private static final class Handle extends CUfunction {
        long address() {
            return getNativePointer();
        }
    }

    private record Loaded(CUmodule module, Signatures signatures) {}

    private final UnaryOperator<String> ptx;
    private final Map<String, Loaded> files = new HashMap<>();
    private final Map<Kernel, Function> functions = new HashMap<>();

    /// @param ptx the text of a file, by its stem
    Modules(UnaryOperator<String> ptx) {
        this.ptx = ptx;
    }

    Function function(Kernel kernel) {
        return functions.computeIfAbsent(kernel, k -> {
            Loaded file = files.computeIfAbsent(k.file(), this::load);
            Function f = new Function(file.signatures());
            Driver.check(JCudaDriver.cuModuleGetFunction(f.handle(), file.module(), k.entry()), k.toString());
            return f;
        });
    }

    private Loaded load(String stem) {
        String text = ptx.apply(stem);
        String file = stem + ".ptx";
        JITOptions options = new JITOptions();
        options.putInt(CUjit_option.CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES, LOG_BYTES);
        options.putBytes(CUjit_option.CU_JIT_ERROR_LOG_BUFFER, new byte[LOG_BYTES]);
        CUmodule module = new CUmodule();
        byte[] bytes = (text + "\0").getBytes(StandardCharsets.UTF_8);
        int code = JCudaDriver.cuModuleLoadDataJIT(module, Pointer.to(bytes), options);
        String log = code == 0
                ? ""
                : " " + options.getString(CUjit_option.CU_JIT_ERROR_LOG_BUFFER).strip();
        Driver.check(code, file + log);
        return new Loaded(module, new Signatures(file, text));
    }

    void close() {
        files.values().forEach(f -> JCudaDriver.cuModuleUnload(f.module()));
        files.clear();
        functions.clear();
    }
}
