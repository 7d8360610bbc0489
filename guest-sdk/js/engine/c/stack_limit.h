/* Included before each of QuickJS's files.

   QuickJS leaves the stack unlimited where `__wasi__` is defined: a script that recurses for ever would overwrite whatever lies
   below its stack, or trap, where it should get a RangeError. Of what else it asks the macro for, only the size of an allocated
   block has to be told by another one; the headers of the C library that need it are included before it goes. */
#include <errno.h>
#include <fenv.h>
#include <inttypes.h>
#include <malloc.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#undef __wasi__
#define __ANDROID__ 1
